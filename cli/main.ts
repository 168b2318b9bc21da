/** The command `lab`: parses arguments, calls the runner and the analysis, shows what comes of it, sets the exit code. */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { CommanderError } from "commander";
import { exitCodeOf, showError } from "./errors.ts";
import { labCommand } from "./program.ts";

// The runner shares memory with what it measures: a small heap, collected often, in place of 150 MB more. What only reads
// bundles measures nothing, and would take twice as long.
const readsOnly = new Set(["analyze", "compare", "export"]);
if (readsOnly.has(process.argv[2] ?? "")) setFlagsFromString("--heap-growing-percent=30");
else {
  setFlagsFromString("--optimize-for-size");
  setFlagsFromString("--heap-growing-percent=10");
}

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const debug = process.argv.includes("--debug");

// A reader that is gone (`| head`, a closed terminal) ends a command as a hang-up does: softly, its labs are taken down.
// Both streams need a listener: the engine's library tells an error that nobody catches on standard error, and an error of
// that again, without end.
let isUnread = false;
process.stdout.on("error", () => {
  if (!isUnread) process.kill(process.pid, "SIGHUP");
  isUnread = true;
});
process.stderr.on("error", () => undefined);

try {
  process.exitCode = await labCommand(root).run(process.argv.slice(2));
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has said it already; its own code 1 means bad usage, which is 2 here.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    process.stderr.write(showError(error, debug));
    process.exitCode = exitCodeOf(error);
  }
}
// Whatever the engine's library still holds open (gRPC channels) must not keep the command from ending.
process.exit();
