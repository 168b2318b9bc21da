/** Windows and split statistics out of one k6 log, for the benchmark: splitOfLog.ts <folder> <role> <file> <seconds>. */
import { readRawRun } from "../../analysis/raw/readRun.ts";
import { summarizeSplits } from "../../analysis/splits.ts";
import { windowRows } from "../../analysis/windows.ts";

const [folder = ".", role = "", file = "", seconds = "0"] = process.argv.slice(2);
const backends = [
  { name: "echo-1", weight: 60 },
  { name: "echo-2", weight: 40 },
];
const phases = [{ phase: "closed", start_s: 0, end_s: Number(seconds), warmup_s: 0 }];
const output = {
  files: { [role]: file },
  load: { started_s: 0, finished_s: Number(seconds), phases },
  settings: { duration: `${seconds}s` },
  backends,
};
const { counts, problems } = await readRawRun(output, folder);
const closed = counts.get("closed");
if (closed === undefined || problems.length > 0) throw new Error(problems.map(String).join("\n"));
const part = { phase: "closed", warmup_s: 0, seconds: Number(seconds) };
const windows = windowRows({ run_id: "run", backends }, part, closed, 1);
for (const { backend, requests, share, p_exact, dispersion } of summarizeSplits(
  [{ run_id: "run", cell: "cell", backends }],
  windows,
)) {
  console.log(backend, requests, share, p_exact, dispersion);
}
