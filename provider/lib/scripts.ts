import { fileURLToPath } from "node:url";

/** Absolute path of one of the provider's own small scripts. */
export function script(name: "hold" | "launch" | "sysctl" | "lib/get.ts"): string {
  return fileURLToPath(new URL(`../${name}`, import.meta.url));
}
