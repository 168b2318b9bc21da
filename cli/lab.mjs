#!/usr/bin/env node
// The command `lab`: installs the packages where they are missing, then becomes cli/main.ts on a Node that runs TypeScript.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { bootstrap, projectNode, runsTypeScript } from "./bootstrap.mjs";

bootstrap();
const main = new URL("main.ts", import.meta.url);
if (runsTypeScript(process.versions.node)) {
  await import(main.href);
} else {
  const child = spawn(projectNode(), [main.pathname, ...process.argv.slice(2)], { stdio: "inherit" });
  // Ctrl-C reaches the child from the terminal; it decides when this ends.
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  child.on("error", (error) => {
    console.error(`cannot start ${projectNode()}: ${error.message}`);
    process.exitCode = 3;
  });
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  });
}
