/** Campaigns: `lab run` and `lab start`. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { shown } from "../../runner/bundleFolder.ts";
import { isComplete } from "../../runner/bundle.ts";
import { loadCampaign, type Campaign } from "../../runner/campaign.ts";
import { exitCodes } from "../../runner/errors.ts";
import { reported } from "../../runner/reporter.ts";
import { runCampaign } from "../../runner/runCampaign.ts";
import { prepareMachine } from "../machine.ts";
import { eventProgress, resultLines, textStream, withSession, writeLine, type CommonFlags } from "./context.ts";

export interface CampaignFlags extends CommonFlags {
  readonly fresh?: boolean;
}

export async function campaignCommand(root: string, file: string, flags: CampaignFlags): Promise<number> {
  return carryOut(root, loadCampaign(file), flags, "lab run");
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
      for (const environment of new Set(campaign.cells.map(({ read }) => read.environment))) {
        await prepareMachine(root, environment, textStream(flags));
      }
      const result = await runCampaign({
        campaign,
        paths: session.paths,
        interruption: session.interruption,
        report,
        fresh: flags.fresh ?? false,
        ownBackend: flags.backend ?? false,
        debug: flags.debug ?? false,
        command,
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
      session.progress.close();
      if (flags.json === true)
        process.stdout.write(`${JSON.stringify({ kind: "result", ...result, report: file, findings })}\n`);
      else for (const line of resultLines(file, findings)) writeLine(line);
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
