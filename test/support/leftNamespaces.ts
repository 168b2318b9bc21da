/** Global set-up of the tests: whatever network namespace they make must be gone when they end. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const folder = "/run/netns";
const root = resolve(import.meta.dirname, "..", "..");

/** Run by vitest before all tests; what it returns is run after them. */
export default function watchNamespaces(): () => Promise<void> {
  const before = new Set(names());
  return async () => {
    // Namespaces of a lab that runs beside the tests are not theirs.
    const left = (): string[] =>
      names().filter((name) => !before.has(name) && !ownLabs().has(name.split("-")[0] ?? ""));
    for (let tries = 0; left().length > 0 && tries < 10; tries++) await sleep(500);
    if (left().length === 0) return;
    const message = `namespaces that were not there before the tests: ${left().join(", ")} (ip netns delete <name>)`;
    // By hand, other tests may run beside these; CI runs alone.
    if (process.env["CI"] === undefined) console.warn(message);
    else {
      // Vitest only prints what a teardown throws; the exit code is what CI reads.
      process.exitCode = 1;
      throw new Error(message);
    }
  };
}

const names = (): string[] => (existsSync(folder) ? readdirSync(folder) : []);

/** Ids of the labs that this project's own `lab up` and `npm start` have made. */
function ownLabs(): ReadonlySet<string> {
  const labs = join(root, ".lab", "labs");
  if (!existsSync(labs)) return new Set();
  const markers = readdirSync(labs).map((stack) => join(labs, stack, ".netlab.json"));
  return new Set(
    markers.filter(existsSync).flatMap((marker) => /"lab":"([^"]+)"/.exec(readFileSync(marker, "utf8"))?.[1] ?? []),
  );
}
