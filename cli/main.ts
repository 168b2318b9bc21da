/** The command `lab`: sets up its process, then becomes run.ts. */
import { enableCompileCache } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";

// The runner shares memory with what it measures: a small heap, collected often, in place of 150 MB more. What only reads
// bundles measures nothing, and would take twice as long.
const readsOnly = new Set(["analyze", "compare", "export"]);
if (readsOnly.has(process.argv[2] ?? "")) setFlagsFromString("--heap-growing-percent=60");
else {
  setFlagsFromString("--optimize-for-size");
  setFlagsFromString("--heap-growing-percent=10");
}

// Modules are compiled once for all commands: that is most of the time which a short one takes. Only what is imported after
// this is kept, and where the folder may not be written, nothing is.
enableCompileCache(join(dirname(dirname(fileURLToPath(import.meta.url))), ".tools", "compile-cache"));

await import("./run.ts");
