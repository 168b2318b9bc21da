/** Collecting a run whose state this project does not hold: its record, and its cluster's kubeconfig, come as files. */
import { existsSync, readFileSync } from "node:fs";
import { runOutputSchema, type RunOutput } from "../analysis/record.ts";
import { LabError, messageOf } from "./errors.ts";

const howToGet = {
  record: "pulumi stack output record --json > record.json",
  kubeconfig: "pulumi stack output kubeconfig --show-secrets > kubeconfig",
} as const;

/**
 * The record that a stack exported.
 * @param path `-` for standard input
 * @throws LabError when there is none, or when it is not a record
 */
export function readGivenRecord(path: string): RunOutput {
  const remedy = `write it with: ${howToGet.record}`;
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path === "-" ? 0 : path, "utf8"));
  } catch (error) {
    throw new LabError(`--record ${path} cannot be read`, {
      kind: "input",
      details: [messageOf(error)],
      remedy,
      cause: error,
    });
  }
  // The output alone, or all outputs of the stack.
  const one = typeof value === "object" && value !== null && "record" in value ? value.record : value;
  const parsed = runOutputSchema.safeParse(one);
  if (parsed.success) return parsed.data;
  throw new LabError(`--record ${path} is no record of a run`, {
    kind: "input",
    details: parsed.error.issues.slice(0, 3).map(({ path: at, message }) => `${at.map(String).join(".")}: ${message}`),
    remedy,
  });
}

/** A kubeconfig's text. @throws LabError when there is no such file */
export function readGivenKubeconfig(path: string): string {
  if (existsSync(path)) return readFileSync(path, "utf8");
  throw new LabError(`--kubeconfig ${path}: there is no such file`, {
    kind: "input",
    remedy: `write it with: ${howToGet.kubeconfig}`,
  });
}

/** What to say when a run on a cluster is to be collected and nobody said how the cluster is reached. */
export const noKubeconfig = (run: string): LabError =>
  new LabError(`run ${run} is in its cluster's results store, and no kubeconfig was given`, {
    kind: "input",
    remedy: `give --kubeconfig <file>; ${howToGet.kubeconfig}`,
  });
