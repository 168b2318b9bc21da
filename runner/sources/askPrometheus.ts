/**
 * Run as a program of its own inside the monitor's network namespace: prints the raw samples of a window as JSON.
 * Arguments: URL, start and end in seconds since the epoch, names of the series (a regular expression).
 */
import { get } from "node:http";
import { askForSamples } from "./samples.ts";

const [url = "", start = "", end = "", names = ""] = process.argv.slice(2);

const series = await askForSamples(request, { start_s: Number(start), end_s: Number(end), names });
process.stdout.write(JSON.stringify(series));

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
