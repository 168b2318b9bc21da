/** The tables of a bundle as CSV files. */
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { stringify } from "csv-stringify";
import type { BundleTables } from "./bundle.ts";
import { AnalysisError } from "./errors.ts";

/** Columns of each file, in order. */
export const columns = {
  samples:
    "run_id,block,position,cell,environment,cni,scenario,path,gateway,vus,rate,weights,phase,role,metric,unit,value,valid,invalid_reason",
  windows: "run_id,phase,window_start_s,window_s,backend,requests,errors",
  latency: "run_id,phase,le_s,count",
  inside: "run_id,phase,role,metric,unit,value,ci_low,ci_high,observations,batches,autocorrelation,mser",
  summary:
    "cell,phase,role,metric,unit,n,mean,ci_low,ci_high,median,median_low,median_high,median_level,truncated_mean,cv,shape",
  splits:
    "cell,phase,backend,weight,requests,share,wilson_low,wilson_high,p_exact,distance,expected_distance,dispersion,dispersion_low,dispersion_high,algorithm",
  comparisons: "a,b,phase,role,metric,n_a,n_b,effect,ci_low,ci_high,margin,p_adjusted,verdict,reason,runs_needed",
} as const satisfies Record<keyof BundleTables, string>;

/** All tables, in the order in which they are made. */
export const tableNames = ["samples", "windows", "latency", "inside", "summary", "splits", "comparisons"] as const;

/**
 * Writes each table as a CSV file into the bundle's folder and gives their paths. Each is written under a temporary name
 * and renamed, so that a file is whole or the old one.
 */
export async function writeTables(dir: string, tables: BundleTables): Promise<string[]> {
  const written: string[] = [];
  for (const name of tableNames) {
    const toCsv = stringify({ header: true, columns: columns[name].split(","), cast: { boolean: String } });
    written.push(await writeWhole(join(dir, `${name}.csv`), Readable.from(tables[name]).pipe(toCsv)));
  }
  return written;
}

/** Writes a file under a temporary name and renames it; gives its path. Throws AnalysisError when the disk will not have it. */
export async function writeWhole(path: string, content: string | Readable): Promise<string> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await pipeline(typeof content === "string" ? Readable.from([content]) : content, createWriteStream(temporary));
    await rename(temporary, path);
    return path;
  } catch (error) {
    await rm(temporary, { force: true });
    if (error instanceof Error && "code" in error) {
      throw new AnalysisError(`cannot be written (${String(error.code)})`, {
        file: path,
        remedy: "Make room on the disk and see that the folder may be written to, then run `lab analyze` again",
      });
    }
    throw error;
  }
}
