/** The base path's rate, measured once before the first block; half rates of the whole campaign follow from it. */
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { parseIperfClient } from "../analysis/raw/iperf3Client.ts";
import { readSettings } from "../scenarios/settings.ts";
import type { CampaignCell } from "./campaign.ts";
import { LabError, toLabError } from "./errors.ts";
import { writeWhole } from "./files.ts";
import type { Lab } from "./lab.ts";
import { reported, type Reporter } from "./reporter.ts";
import { sourceOf } from "./sources.ts";
import type { RawSettings } from "./workFolder.ts";

const calibrationSchema = z.object({
  schema: z.literal(1),
  /** bit/s, goodput of one stream at the receiver. */
  baseRate: z.number().positive(),
  /** Seconds since the epoch. */
  measured_s: z.number(),
});

/** Length of the calibration's load. */
const calibrationPhases = "saturated:10s";

/** The rate in the bundle, or a new measurement that is then kept in it. */
export async function calibratedBaseRate(
  cell: CampaignCell,
  bundle: string,
  lab: Pick<Lab, "up" | "kubeconfig">,
  report: Reporter,
): Promise<number> {
  const file = join(bundle, "calibration.json");
  if (existsSync(file)) return readCalibration(file);
  const { output, rate } = await reported(report, "measuring the base rate", async () => {
    const measure = async (run: string) => {
      const raw = calibrationSettings(cell.settings, run);
      const done = await lab.up(readSettings(raw), raw);
      const into = join(bundle, "calibration");
      rmSync(into, { recursive: true, force: true });
      mkdirSync(into, { recursive: true });
      await (await sourceOf(done, () => lab.kubeconfig())).copy(into);
      return { output: done, rate: goodputOf(into, done.files["iperf3.saturated"] ?? "") };
    };
    try {
      return await measure("calibration");
    } catch (error) {
      const failure = toLabError(error);
      if (failure.kind !== "failed") throw failure;
      report({ kind: "warning", text: `the base rate was not measured (${failure.message}); tried once more` });
      return measure("calibration-again");
    }
  });
  const calibration = { schema: 1, baseRate: rate, measured_s: output.load.finished_s };
  writeWhole(file, `${JSON.stringify(calibration, null, 2)}\n`);
  report({
    kind: "note",
    text: `base rate: ${(rate / 1e9).toFixed(2)} Gbit/s; half of it is used for the half phases`,
  });
  return rate;
}

/** Pure: the base path, saturated only. */
export function calibrationSettings(settings: RawSettings, run: string): RawSettings {
  return { ...settings, path: "base", phases: calibrationPhases, run };
}

function readCalibration(file: string): number {
  try {
    return calibrationSchema.parse(JSON.parse(readFileSync(file, "utf8"))).baseRate;
  } catch (error) {
    throw new LabError(`${file} cannot be read`, {
      kind: "input",
      remedy: "restore it, or start afresh with --fresh: runs of one bundle need the same half rate",
      cause: error,
    });
  }
}

function goodputOf(folder: string, name: string): number {
  const file = join(folder, name);
  const test = parseIperfClient(readFileSync(file, "utf8"), { file });
  if (test.state === "done") return test.goodput;
  throw new LabError(`the base rate could not be measured: iperf3 says "${test.error}"`, {
    kind: "failed",
    remedy: "try again, or set baseRate in the campaign's settings",
  });
}
