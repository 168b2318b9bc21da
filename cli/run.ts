/** Parses arguments, calls the runner and the analysis, shows what comes of it, sets the exit code. */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { CommanderError } from "commander";
import { exitCodeOf, showError } from "./errors.ts";
import { labCommand } from "./program.ts";

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
