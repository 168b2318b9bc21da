/** `lab collect`: the last run of a stack, or one whose record comes as a file, into a bundle. */
import { join, resolve } from "node:path";
import type { RunRecord } from "../../analysis/record.ts";
import { shown } from "../../runner/bundleFolder.ts";
import { collectRun } from "../../runner/collect.ts";
import { noKubeconfig, readGivenKubeconfig, readGivenRecord } from "../../runner/collectGiven.ts";
import { exitCodes, LabError } from "../../runner/errors.ts";
import { holdingBundle } from "../../runner/locks.ts";
import { sourceOf } from "../../runner/sources.ts";
import { checkStackName } from "../../runner/workFolder.ts";
import { withLab, withSession, type CommonFlags, type Session } from "./context.ts";
import { writeJson, writeLine } from "./output.ts";

export interface CollectFlags extends CommonFlags {
  readonly stack: string;
  readonly bundle?: string;
  /** Files that stand in for the stack's state. */
  readonly record?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
}

export async function collectCommand(root: string, flags: CollectFlags): Promise<number> {
  checkStackName(flags.stack);
  const { record: file } = flags;
  return withSession(root, flags, async (session) => {
    const { record, bundle } =
      file === undefined ? await ofStack(session, flags) : await ofFile(session, { ...flags, record: file });
    session.progress.close();
    if (flags.json === true) writeJson(record);
    else {
      const { valid, reasons } = record.measured.validity;
      writeLine(
        `run ${record.run_id} (${record.cell.id}) is in ${shown(bundle)}: ${valid ? "valid" : `invalid, ${reasons.join("; ")}`}`,
      );
      writeLine(`next: npx lab analyze ${shown(bundle)}`);
    }
    return exitCodes.ok;
  });
}

interface Collected {
  readonly record: RunRecord;
  readonly bundle: string;
}

async function ofStack(
  session: Session,
  { stack, bundle: into, kubeconfig, context }: CollectFlags,
): Promise<Collected> {
  const bundle = into === undefined ? join(session.paths.results, stack) : resolve(into);
  const given = kubeconfig === undefined ? undefined : readGivenKubeconfig(kubeconfig);
  const record = await withLab(session, stack, "lab collect", async (lab) => {
    const output = await lab.record();
    if (output === undefined) {
      throw new LabError(`stack ${stack} has no run to collect`, {
        kind: "input",
        remedy: `run one first: npx lab up -s ${stack}; a stack of another backend: --backend, or --record <file>`,
      });
    }
    const access = () => (given === undefined ? lab.kubeconfig() : Promise.resolve(given));
    return intoBundle(session, bundle, async () => collectRun(output, bundle, await sourceOf(output, access, context)));
  });
  return { record, bundle };
}

/** Needs no engine and no state: whoever has the record and the kubeconfig can collect. */
async function ofFile(
  session: Session,
  { record: file, bundle: into, kubeconfig, context }: CollectFlags & { readonly record: string },
): Promise<Collected> {
  const output = readGivenRecord(file);
  const bundle = into === undefined ? join(session.paths.results, output.cell.environment) : resolve(into);
  if (output.source.kind !== "netns" && kubeconfig === undefined) throw noKubeconfig(output.run_id);
  const text = kubeconfig === undefined ? undefined : readGivenKubeconfig(kubeconfig);
  const record = await intoBundle(session, bundle, async () =>
    collectRun(output, bundle, await sourceOf(output, () => Promise.resolve(text), context)),
  );
  return { record, bundle };
}

/** A campaign on the same bundle checks its bed and versions against what is there, which must not change meanwhile. */
function intoBundle<T>({ paths }: Session, bundle: string, work: () => Promise<T>): Promise<T> {
  return holdingBundle(paths, bundle, "lab collect", work);
}
