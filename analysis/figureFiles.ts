/** Figures as files of the bundle. */
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { Figure } from "./figures/index.ts";
import { figurePng } from "./png.ts";
import { writeWhole } from "./write.ts";

/**
 * Writes each figure as SVG, and as PNG on request, and gives the paths. Files of an earlier analysis that this one does
 * not draw are removed, so that no picture is older than the tables. Throws AnalysisError when one cannot be written.
 */
export async function writeFigures(folder: string, figures: readonly Figure[], png = false): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const endings = png ? ["svg", "png"] : ["svg"];
  const wanted = new Set(figures.flatMap(({ name }) => endings.map((ending) => `${name}.${ending}`)));
  for (const old of await readdir(folder)) {
    if (/\.(svg|png)$/.test(old) && !wanted.has(old)) await rm(join(folder, old));
  }
  const written: string[] = [];
  for (const figure of figures) {
    const path = join(folder, figure.name);
    written.push(await writeWhole(`${path}.svg`, figure.svg));
    if (png) written.push(await writeWhole(`${path}.png`, Readable.from([await figurePng(figure)])));
  }
  return written;
}
