/** Campaigns: `lab run` and `lab start`. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { shown } from "../../runner/bundleFolder.ts";
import { isComplete } from "../../runner/bundle.ts";
import { loadCampaign, type Campaign } from "../../runner/campaign.ts";
import { exitCodes } from "../../runner/errors.ts";
import { spoken } from "../../runner/estimate.ts";
import { projectPaths } from "../../runner/paths.ts";
import { reported } from "../../runner/reporter.ts";
import { outlook, runCampaign } from "../../runner/runCampaign.ts";
import { prepareMachine } from "../machine.ts";
import { eventProgress, textStream, withSession, type CommonFlags } from "./context.ts";
import { resultLines, writeJson, writeLine } from "./output.ts";

export interface CampaignFlags extends CommonFlags {
  readonly fresh?: boolean;
  readonly keep?: boolean;
  readonly dryRun?: boolean;
  /** Labs at the same time; 1 when it is not given. */
  readonly parallel?: number;
}

export async function campaignCommand(root: string, file: string, flags: CampaignFlags): Promise<number> {
  const campaign = loadCampaign(file);
  return flags.dryRun === true ? showOutlook(root, campaign, flags) : carryOut(root, campaign, flags, "lab run");
}

/** Runs that a dry run names; the rest is counted. */
const namedRuns = 10;

async function showOutlook(
  root: string,
  campaign: Campaign,
  { fresh = false, parallel = 1, json }: CampaignFlags,
): Promise<number> {
  const ahead = await outlook({ campaign, paths: projectPaths(root), fresh, parallel });
  if (json === true) {
    writeJson(ahead);
    return exitCodes.ok;
  }
  const { next, bundle, runs, done, expectedSeconds, atMostMore } = ahead;
  const expected = campaign.stopping.rule === "until" ? "are expected" : "in all";
  writeLine(`campaign ${campaign.name}: ${runs} runs ${expected}, ${done} are done; bundle ${shown(bundle)}`);
  if (next.length === 0) writeLine("nothing is left to run");
  else writeLine(`${next.length} runs to come in about ${spoken(expectedSeconds)}; the next:`);
  for (const { run, cell, lab } of next.slice(0, namedRuns)) writeLine(`  ${run}  ${cell}  (lab ${lab})`);
  if (next.length > namedRuns) writeLine(`  … and ${next.length - namedRuns} more`);
  if (atMostMore > 0) writeLine(`up to ${atMostMore} more runs, if it does not know enough by then`);
  writeLine("nothing was made or changed");
  return exitCodes.ok;
}

/** Goes on with an unfinished quick campaign; begins anew when it is finished. */
export async function startCommand(root: string, flags: CampaignFlags): Promise<number> {
  const campaign = loadCampaign(join(root, "campaigns", "quick.yaml"));
  const bundle = join(root, "results", campaign.name);
  const fresh = flags.fresh === true || (existsSync(bundle) && isComplete(bundle, campaign));
  return carryOut(root, campaign, { ...flags, fresh }, "npm start");
}

async function carryOut(root: string, campaign: Campaign, flags: CampaignFlags, command: string): Promise<number> {
  const progress = flags.json === true ? eventProgress() : undefined;
  return withSession(
    root,
    flags,
    async (session) => {
      const { report } = session.progress;
      const versions: Record<string, Record<string, string>> = {};
      for (const environment of new Set(campaign.cells.map(({ read }) => read.environment))) {
        const tools = await prepareMachine(root, environment, textStream(flags));
        // Of a cluster only its own pods can tell.
        const own = environment === "netns" ? [...tools].map(([name, { version }]) => [name, version] as const) : [];
        versions[environment] = { lab: manifest.version, ...Object.fromEntries(own) };
      }
      const result = await runCampaign({
        campaign,
        paths: session.paths,
        interruption: session.interruption,
        report,
        fresh: flags.fresh ?? false,
        keep: flags.keep ?? false,
        parallel: flags.parallel ?? 1,
        ownBackend: flags.backend ?? false,
        debug: flags.debug ?? false,
        ...{ command, versions },
      });
      for (const { run, error } of result.failures)
        report({ kind: "warning", text: `${run} could not be run: ${error}` });
      for (const cell of result.failing) {
        report({
          kind: "warning",
          text: `${cell} has a block without a valid run; ${shown(result.bundle)}/report.html says why`,
        });
      }
      const { report: file, findings } = await reported(report, "analysing the bundle", () => analyse(result.bundle));
      report({ kind: "result", ...result, report: file, findings });
      session.progress.close();
      if (flags.json !== true) for (const line of resultLines(file, findings)) writeLine(line);
      return result.failures.length > 0 || result.failing.length > 0 ? exitCodes.failed : exitCodes.ok;
    },
    progress,
  );
}

/** Loaded at the end: figures and report need memory that the runs need not share. */
async function analyse(bundle: string) {
  const { analyzed } = await import("./analyze.ts");
  return analyzed(bundle);
}
