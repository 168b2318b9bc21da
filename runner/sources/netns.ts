/** A run in network namespaces: its raw files are a folder, its Prometheus stands in a namespace of its own. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import type { RunOutput } from "../../analysis/record.ts";
import { copyRawFiles } from "../bundleFolder.ts";
import { LabError } from "../errors.ts";
import type { RunSource } from "../sources.ts";
import { keptSeries, patience, seriesSchema } from "./samples.ts";

type NetnsOutput = RunOutput & { readonly source: Extract<RunOutput["source"], { kind: "netns" }> };

export function netnsSource({ run_id, source, load }: NetnsOutput): RunSource {
  return {
    copy: (into) => {
      if (!existsSync(source.folder)) {
        throw new LabError(`the raw files of run ${run_id} are gone: ${source.folder} does not exist`, {
          kind: "failed",
          remedy: "run the load again: npx lab up with another -c run=…",
        });
      }
      copyRawFiles(source.folder, into);
      return Promise.resolve();
    },
    samples: async () => {
      const { started_s: start_s, finished_s: end_s } = load;
      if (source.prometheus === null) return { schema: 1, start_s, end_s, series: [] };
      const helper = fileURLToPath(new URL("./askPrometheus.ts", import.meta.url));
      const words = [
        process.execPath,
        helper,
        source.prometheus.url,
        String(start_s),
        String(end_s),
        keptSeries.join("|"),
      ];
      const { stdout } = await execa("nsenter", [...enteringWords(source.prometheus), "--", ...words], {
        stdin: "ignore",
        timeout: (patience + 20) * 1000,
        maxBuffer: 256 * 2 ** 20,
      });
      return { schema: 1, start_s, end_s, series: seriesSchema.parse(JSON.parse(stdout)) };
    },
  };
}

/** Words for `nsenter`: through the lab's user namespace first where there is one. */
export function enteringWords(place: { readonly netns: string; readonly holder: number | null }): string[] {
  if (place.holder === null) return [`--net=/run/netns/${place.netns}`];
  return [
    `--target=${place.holder}`,
    "--user",
    "--mount",
    "--preserve-credentials",
    `--net=/proc/${place.holder}/root/run/netns/${place.netns}`,
  ];
}
