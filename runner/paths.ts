/** Where everything lives inside the project folder. All of it is ignored by git. */
import { join } from "node:path";

export interface ProjectPaths {
  readonly root: string;
  /** What set-up made: programs, wrappers, links. Searched before PATH. */
  readonly tools: string;
  /** Local file backend of the engine. */
  readonly state: string;
  readonly passphrase: string;
  /** The engine's own home: nothing of the user's is read or written. */
  readonly engineHome: string;
  readonly locks: string;
  /** Notes of labs that are kept on purpose. */
  readonly kept: string;
  readonly results: string;
  /** Work folder of a stack, made afresh for each command; another one where the user's own backend keeps the state. */
  work(stack: string, ownBackend?: boolean): string;
  /** Folder of a stack's lab: processes' folders, logs, results. */
  lab(stack: string): string;
}

export function projectPaths(root: string): ProjectPaths {
  const lab = join(root, ".lab");
  return {
    root,
    tools: join(root, ".tools", "bin"),
    state: join(lab, "state"),
    passphrase: join(lab, "passphrase"),
    engineHome: join(lab, "home"),
    locks: join(lab, "locks"),
    kept: join(lab, "kept"),
    results: join(root, "results"),
    work: (stack, ownBackend = false) => join(lab, "work", ownBackend ? `${stack}@own` : stack),
    lab: (stack) => join(lab, "labs", stack),
  };
}
