/** The API client against a plain server: large files go through without being held. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openApi } from "../../../components/kubernetes/tasks/api.ts";
import { httpServer } from "../../support/httpServer.ts";
import { kubeconfigOf } from "../../support/kubeconfig.ts";
import { scratchFolder } from "../../support/scratch.ts";

test("a file is sent as it is read, with its length and the credentials", async () => {
  const seen = { parts: 0, bytes: 0, length: "", authorization: "", method: "" };
  const { origin } = await httpServer((request, response) => {
    seen.method = request.method ?? "";
    seen.length = request.headers["content-length"] ?? "";
    seen.authorization = request.headers.authorization ?? "";
    request.on("data", (part: Buffer) => {
      seen.parts += 1;
      seen.bytes += part.length;
    });
    request.on("end", () => response.writeHead(201).end());
  });
  const file = join(scratchFolder(), "large");
  const size = 3 * 2 ** 20;
  writeFileSync(file, Buffer.alloc(size, "x"));
  const api = await openApi(kubeconfigOf(origin));
  await expect(api.upload("/store/r1/large", file)).resolves.toBe(201);
  expect(seen).toMatchObject({ bytes: size, length: String(size), authorization: "Bearer t", method: "PUT" });
  expect(seen.parts).toBeGreaterThan(1);
});
