import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Downloader, Unavailable } from "../../../runner/tools/download.ts";
import { httpServer } from "../../support/httpServer.ts";
import { scratchFolder } from "../../support/scratch.ts";

const body = Buffer.alloc(300_000, "release ");
const sha256 = createHash("sha256").update(body).digest("hex");
const patience = { connect: 300, idle: 300, pause: 10 };

describe("download", () => {
  it("leaves the whole file when the checksum is right, and tells how far it is", async () => {
    const { origin } = await httpServer((_, response) => response.end(body));
    const file = join(scratchFolder(), "deep", "tool");
    const seen: (readonly [number, number | undefined])[] = [];
    await new Downloader(patience).download(`${origin}/tool`, file, sha256, (...progress) => seen.push(progress));
    expect(readFileSync(file).equals(body)).toBe(true);
    expect(seen.at(-1)).toEqual([body.length, body.length]);
  });

  it("refuses another checksum, says both, and leaves nothing", async () => {
    const { origin, requests } = await httpServer((_, response) => response.end("not the release"));
    const folder = scratchFolder();
    const attempt = new Downloader(patience).download(`${origin}/tool`, join(folder, "tool"), sha256);
    await expect(attempt).rejects.toThrow(`expected ${sha256}: it is not used`);
    expect(readdirSync(folder)).toEqual([]);
    expect(requests.filter((line) => line.startsWith("GET"))).toHaveLength(1);
  });

  it("tries a body that breaks off once more", async () => {
    let tries = 0;
    const { origin } = await httpServer((request, response) => {
      if (request.method === "HEAD") return response.end();
      tries++;
      response.writeHead(200, { "content-length": body.length });
      if (tries > 1) return response.end(body);
      response.write(body.subarray(0, 1000), () => response.destroy());
      return response;
    });
    const file = join(scratchFolder(), "tool");
    await new Downloader(patience).download(`${origin}/tool`, file, sha256);
    expect(readFileSync(file).equals(body)).toBe(true);
    expect(tries).toBe(2);
  });

  it("gives up on a body that breaks off twice, says how far it came, and leaves nothing", async () => {
    const { origin } = await httpServer((request, response) => {
      if (request.method === "HEAD") return response.end();
      response.writeHead(200, { "content-length": body.length });
      response.write(body.subarray(0, 1000), () => response.destroy());
      return response;
    });
    const folder = scratchFolder();
    await expect(new Downloader(patience).download(`${origin}/tool`, join(folder, "tool"), sha256)).rejects.toThrow(
      /stopped after \d+ bytes/,
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  it("does not wait for a body that stalls", async () => {
    const { origin } = await httpServer((request, response) => {
      if (request.method === "HEAD") response.end();
      else response.write("begun");
    });
    const folder = scratchFolder();
    await expect(new Downloader(patience).download(`${origin}/tool`, join(folder, "tool"), sha256)).rejects.toThrow(
      "no data for 0.3 s",
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  it("asks a host that hangs once, and not again for the next file", async () => {
    const { origin, requests } = await httpServer(() => undefined);
    const downloader = new Downloader(patience);
    const folder = scratchFolder();
    for (const name of ["one", "two"]) {
      await expect(downloader.download(`${origin}/${name}`, join(folder, name), sha256)).rejects.toThrow(
        /^127\.0\.0\.1:\d+ cannot be reached \(no answer in time\)$/,
      );
    }
    expect(requests).toEqual(["HEAD /"]);
  });

  it("says why a host cannot be reached", async () => {
    const refused = new Downloader(patience).download("http://127.0.0.1:1/tool", join(scratchFolder(), "tool"), sha256);
    await expect(refused).rejects.toThrow(Unavailable);
    await expect(refused).rejects.toThrow(/127\.0\.0\.1:1 cannot be reached/);
  });

  it("does not ask twice for what is not there, but twice for a server in trouble", async () => {
    for (const [status, gets] of [
      [404, 1],
      [503, 2],
    ] as const) {
      const { origin, requests } = await httpServer((_, response) => response.writeHead(status).end());
      const attempt = new Downloader(patience).download(`${origin}/tool`, join(scratchFolder(), "tool"), sha256);
      await expect(attempt).rejects.toThrow(`answers ${status}`);
      expect(requests.filter((line) => line.startsWith("GET"))).toHaveLength(gets);
    }
  });

  it("uses a file that is there when its checksum is right, and replaces a damaged one", async () => {
    const { origin, requests } = await httpServer((_, response) => response.end(body));
    const folder = scratchFolder();
    const file = join(folder, "tool");
    writeFileSync(file, body);
    await new Downloader(patience).download(`${origin}/tool`, file, sha256);
    expect(requests).toEqual([]);
    writeFileSync(file, body.subarray(1));
    await new Downloader(patience).download(`${origin}/tool`, file, sha256);
    expect(readFileSync(file).equals(body)).toBe(true);
  });

  it("throws what is wrong with this machine's disk as it is", async () => {
    const { origin } = await httpServer((_, response) => response.end(body));
    const folder = scratchFolder();
    mkdirSync(join(folder, "tool"));
    const attempt = new Downloader(patience).download(`${origin}/tool`, join(folder, "tool"), sha256);
    await expect(attempt).rejects.toMatchObject({ code: "EISDIR" });
    expect(existsSync(join(folder, "tool"))).toBe(true);
  });
});
