/**
 * Labs of a campaign that an earlier command of it left standing and that it does not go on with: one whose runs are all
 * there, killed while it was taken down; another lab of the same machine; one that belongs to an earlier block.
 */
import { existsSync, readFileSync } from "node:fs";
import type { RunRecord } from "../analysis/record.ts";
import { inspectLab, isEmpty } from "../provider/sweep.ts";
import { labOf } from "../scenarios/deploy.ts";
import { keeperOf } from "./kept.ts";
import { insist, openLab, type LabOptions } from "./lab.ts";
import { outsideCampaign } from "./program.ts";
import { stateHealth } from "./recover.ts";
import { reported } from "./reporter.ts";
import type { Replication } from "./schedule.ts";
import type { Plan } from "./standing.ts";
import { stateFile } from "./workspace.ts";

/**
 * Pure: the labs, by their names in the plan.
 * @param openBlock number of the block in which a plan goes on; undefined when it is done
 */
export function labsToRemove(
  lanes: readonly (readonly Plan[])[],
  records: readonly Pick<RunRecord, "block" | "cell">[],
  replication: Replication,
  openBlock: (plan: Plan) => number | undefined,
): string[] {
  const goOn = lanes.flatMap((lane) => {
    const next = lane.find((plan) => openBlock(plan) !== undefined);
    if (next === undefined) return [];
    // A lab that is built for each block may still be that of the block before.
    const isStarted = next.blocks.flat().some((run) => records.some((one) => isOf(run, one)));
    return replication === "reuse" || isStarted ? [next.lab] : [];
  });
  const all = new Set(lanes.flat().map(({ lab }) => lab));
  return [...all].filter((lab) => !goOn.includes(lab));
}

const isOf = (run: Plan["blocks"][number][number], { block, cell }: Pick<RunRecord, "block" | "cell">): boolean =>
  run.block === block && run.cell.id === cell.id;

/** Takes down those of the stacks that have a lab, except one that somebody keeps. */
export async function removeLeftLabs(stacks: readonly string[], options: Omit<LabOptions, "stack">): Promise<void> {
  for (const stack of stacks.filter((name) => isStanding(name, options))) {
    const kept = keeperOf(options.paths, stack);
    if (kept !== undefined) {
      const text = `lab ${stack} is left as it is: ${kept.command} keeps it; npx lab destroy -s ${stack} removes it`;
      options.report({ kind: "note", text });
      continue;
    }
    await insist(options.report, async () => {
      const lab = await openLab({ ...options, stack });
      try {
        await reported(options.report, `taking down lab ${stack}, which an earlier command left`, () => lab.destroy());
      } finally {
        lab.close();
      }
    });
  }
}

function isStanding(stack: string, { paths, ownBackend }: Pick<LabOptions, "paths" | "ownBackend">): boolean {
  const backend = ownBackend ? "pulumi" : "lab";
  if (!isEmpty(inspectLab(labOf({ root: paths.root, stack, backend, place: outsideCampaign })))) return true;
  // What another backend holds is not looked up: a lab elsewhere then stays until its own turn, or its time-to-live.
  const file = stateFile(paths, stack);
  if (ownBackend || !existsSync(file)) return false;
  const health = stateHealth(readFileSync(file, "utf8"));
  return health.kind === "damaged" || (health.kind === "sound" && health.resources > 0);
}
