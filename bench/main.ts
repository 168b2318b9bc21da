/**
 * Benchmarks of the figures that the project promises. Usage: npm run bench [-- <name>… [--repetitions N] [--seed N]]
 * Prints the median with minimum and maximum beside each bound; exit 1 when a bound is missed.
 */
import { parseArgs } from "node:util";
import { median } from "simple-statistics";
import { benches, type Bench } from "./benches.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { repetitions: { type: "string" }, seed: { type: "string", default: "1" } },
});
const unknown = positionals.filter((name) => !(name in benches));
if (unknown.length > 0) {
  process.stderr.write(`no such benchmark: ${unknown.join(", ")}. Known: ${Object.keys(benches).join(", ")}\n`);
  process.exit(2);
}
const chosen = Object.entries(benches).filter(([name]) => positionals.length === 0 || positionals.includes(name));

let missed = 0;
for (const [name, bench] of chosen) {
  process.stdout.write(`${name}: ${bench.what}\n`);
  const repetitions = Number(values.repetitions ?? bench.repetitions ?? (bench.unit === "ratio" ? 10 : 5));
  const note = (text: string) => process.stdout.write(`  ${text}\n`);
  const results = await bench.measure(repetitions, note, Number(values.seed));
  const middle = median([...results]);
  const met = meets(bench.bound, middle);
  if (!met) missed += 1;
  const range = `${Math.min(...results).toFixed(3)} to ${Math.max(...results).toFixed(3)}, n = ${results.length}`;
  process.stdout.write(
    `  median ${middle.toFixed(3)} ${bench.unit} (${range}); bound ${shown(bench.bound)}: ${met ? "met" : "MISSED"}\n`,
  );
}
process.exit(missed === 0 ? 0 : 1);

function meets(bound: Bench["bound"], value: number): boolean {
  return "atLeast" in bound ? value >= bound.atLeast : value <= bound.atMost;
}

function shown(bound: Bench["bound"]): string {
  return "atLeast" in bound ? `at least ${bound.atLeast}` : `at most ${bound.atMost}`;
}
