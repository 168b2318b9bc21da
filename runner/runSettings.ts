/** What a campaign's labs are called and what each run of them is given. Pure. */
import type { Campaign } from "./campaign.ts";
import type { Plan, Run } from "./standing.ts";
import type { RawSettings } from "./workFolder.ts";

/** The stack of a plan's lab. */
export const stackOf = ({ name }: Pick<Campaign, "name">, { lab }: Pick<Plan, "lab">): string => `${name}-${lab}`;

/**
 * A cell's settings for one run.
 * @param id name of the run
 * @param baseRate bit/s of the base path, where the campaign measured it
 */
export function settingsOf(run: Run, id: string, baseRate: number | undefined): RawSettings {
  const rate = run.cell.needsBaseRate && baseRate !== undefined ? { baseRate: String(Math.round(baseRate)) } : {};
  return { ...run.cell.settings, ...rate, run: id };
}
