/**
 * The load agent in a Job's pod. The tool stands in a container of its own that only needs `sh`: it runs the command files that
 * appear in the shared folder, one after the other (toolLoop in the Job's plan). Raw files go to the results store.
 * Usage: pod.ts <plan.json> <shared folder> <store's URL>; by environment:
 *   JOB_COMPLETION_INDEX, FIRST_RUNNER   the runner's number: those of a Job follow each other
 *   ATTEMPT                              tells apart runs of the same name in the store
 *   NODE_ADDRESS                         address of the node that the pod stands on
 */
import { existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync, createReadStream } from "node:fs";
import { request } from "node:http";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { carryOut, type AgentPlan, type Host } from "./run.ts";
import { killAll, machineStat, usageOf } from "./processUsage.ts";

const [planFile = "", shared = "", store = ""] = process.argv.slice(2);
const plan = JSON.parse(
  readFileSync(planFile, "utf8").replaceAll("{node}", process.env["NODE_ADDRESS"] ?? ""),
) as AgentPlan;
const runner = Number(process.env["JOB_COMPLETION_INDEX"] ?? "0") + Number(process.env["FIRST_RUNNER"] ?? "1");
const results = join(shared, "results");
const attempt = `${store}/${plan.run}/${process.env["ATTEMPT"] ?? ""}`;
/** The first runner's files stand at the top. */
const folder = runner === 1 ? attempt : `${attempt}/runner-${runner}`;
const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
let commands = 0;

const host: Host = {
  results,
  agents: import.meta.dirname,
  seen: { results, dir: dirname(planFile) },
  usage: () => usageOf(plan.tool),
  machine: machineStat,
  run: async (command, deadline_s) => {
    commands += 1;
    const base = join(shared, String(commands));
    writeFileSync(`${base}.new`, `exec ${command.map(quoted).join(" ")}\n`);
    renameSync(`${base}.new`, `${base}.sh`);
    const until = Date.now() + deadline_s * 1000;
    while (!existsSync(`${base}.rc`)) {
      if (Date.now() > until) {
        killAll(plan.tool);
        return { status: null, stdout: "", stderr: `no end within ${deadline_s} s` };
      }
      await sleep(20);
    }
    const text = (end: string): string => readFileSync(`${base}.${end}`, "utf8");
    return { status: Number(text("rc")), stdout: text("out"), stderr: text("err") };
  },
  meet: async () => {
    if (plan.runners.length === 1) return;
    const place = `${attempt}/meeting`;
    await put(`${place}/ready-${runner}`, "here");
    const everybody = plan.runners.map((_, index) => `${place}/ready-${index + 1}`);
    await until(
      async () => (await Promise.all(everybody.map(get))).every((answer) => answer !== undefined),
      "the other runners",
    );
    if (runner === 1) await put(`${place}/start`, String(Date.now() + 2000));
    await until(async () => (await get(`${place}/start`)) !== undefined, "the common start");
    await sleep(Math.max(0, Number(await get(`${place}/start`)) - Date.now()));
  },
};

try {
  const summary = await carryOut(plan, runner, host);
  for (const name of readdirSync(results)) await put(`${folder}/${name}`, join(results, name), true);
  await put(`${folder}/summary.json`, JSON.stringify(summary));
} catch (error) {
  const text = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${text}\n`);
  // What the wait for this Job shows.
  writeFileSync("/dev/termination-log", text);
  process.exitCode = 1;
} finally {
  writeFileSync(join(shared, "stop"), "");
}

async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`${what} did not come within 120 s`);
    await sleep(100);
  }
}

/** undefined when there is no such file, and when the store does not answer: whoever asks asks again. */
function get(url: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const call = request(url, { timeout: 5000 }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => (body += part));
      response.on("error", () => {
        resolve(undefined);
      });
      response.on("end", () => {
        resolve(response.statusCode === 200 ? body : undefined);
      });
    });
    call.on("timeout", () => call.destroy(new Error("no answer")));
    call.on("error", () => {
      resolve(undefined);
    });
    call.end();
  });
}

/** Puts a text or a file; tried again for a while, since a run is not made twice for a store that was away for a moment. */
async function put(url: string, content: string, file = false): Promise<void> {
  for (let tried = 1; ; tried++) {
    try {
      await putOnce(url, content, file);
      return;
    } catch (error) {
      if (tried === 10) throw new Error(`the results store did not take ${url}: ${String(error)}`, { cause: error });
      await sleep(tried * 500);
    }
  }
}

function putOnce(url: string, content: string, file: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const length = file ? statSync(content).size : Buffer.byteLength(content);
    const call = request(url, { method: "PUT", timeout: 30_000, headers: { "content-length": length } }, (response) => {
      response.resume();
      response.on("end", () => {
        const status = response.statusCode ?? 0;
        if (status >= 200 && status < 300) resolve();
        else reject(new Error(`status ${status}`));
      });
    });
    call.on("timeout", () => call.destroy(new Error("no answer within 30 s")));
    call.on("error", reject);
    if (file) createReadStream(content).pipe(call);
    else call.end(content);
  });
}
