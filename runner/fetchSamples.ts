/**
 * Run as a program of its own inside the monitor's network namespace: waits until Prometheus holds a sample from after
 * the window's end, then prints the raw samples of the window as JSON.
 * Arguments: URL, start and end in seconds since the epoch, seconds to wait at most, names of the series (a regular expression).
 */
import { get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

const [url = "", start = "", end = "", patience = "", names = ""] = process.argv.slice(2);

/** Seconds of samples before and after the window, so that rates at its edges can be computed. */
const margin = 3;

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data?: { readonly result: readonly { metric: unknown; value?: [number, string]; values?: unknown }[] };
}

const deadline = Date.now() + Number(patience) * 1000;
while (!((await newestSample()) > Number(end))) {
  if (Date.now() >= deadline) throw new Error(`Prometheus took no sample after the window's end within ${patience} s`);
  await sleep(100);
}
const at = Math.min(Date.now() / 1000, Number(end) + margin);
const range = Math.ceil(at - Number(start) + margin);
const series = await query(`{__name__=~"${names}"}[${range}s]`, at);
process.stdout.write(JSON.stringify(series.map(({ metric, values }) => ({ metric, values }))));

async function newestSample(): Promise<number> {
  const [newest] = await query("min(timestamp(up))", Date.now() / 1000);
  return Number(newest?.value?.[1] ?? 0);
}

async function query(expression: string, time: number) {
  const body = await request(`/api/v1/query?query=${encodeURIComponent(expression)}&time=${time}`);
  // Prometheus' documented answer; the collector checks what comes of it.
  const answer = JSON.parse(body) as Answer;
  if (answer.data === undefined) throw new Error(`Prometheus refused the query: ${answer.error ?? answer.status}`);
  return answer.data.result;
}

function request(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = get(new URL(path, url), { timeout: 5_000 }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () => {
        resolve(Buffer.concat(parts).toString("utf8"));
      });
      response.on("error", reject);
    });
    call.on("timeout", () => call.destroy(new Error(`no answer from ${url} within 5 s`)));
    call.on("error", reject);
  });
}
