/** The service beside the external iperf3 server, as a process over loopback. */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ask } from "../../../components/load/agents/http.ts";
import { scratchFolder } from "../../support/scratch.ts";

const agent = join(import.meta.dirname, "..", "..", "..", "components", "load", "agents", "server.ts");

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, () => {
      const address = server.address();
      server.close(() => {
        resolve(typeof address === "object" && address !== null ? address.port : 0);
      });
    });
  });

test("answers the caller's address, writes it down, and hands out records from any byte on", async () => {
  const [folder, port] = [scratchFolder(), await freePort()];
  writeFileSync(join(folder, "iperf3-5201.log"), "0123456789");
  const child = spawn(process.execPath, [agent, String(port), folder, "record"], { stdio: "ignore" });
  onTestFinished(() => void child.kill());
  const url = `http://127.0.0.1:${port}`;
  await expect.poll(() => ask(`${url}/records`, 500).catch(() => ""), { timeout: 5000 }).toContain("iperf3-5201.log");
  expect(await ask(`${url}/`, 1000)).toBe("127.0.0.1");
  expect(JSON.parse(await ask(`${url}/records`, 1000))).toMatchObject({ "iperf3-5201.log": 10 });
  expect(await ask(`${url}/records/iperf3-5201.log?from=7`, 1000)).toBe("789");
  expect(await ask(`${url}/records/address.log`, 1000)).toMatch(/^\d+\.\d{3} 127\.0\.0\.1 \d+ 127\.0\.0\.1$/);
  await expect(ask(`${url}/records/..%2Fsecret`, 1000)).rejects.toThrow("answered 404");
});
