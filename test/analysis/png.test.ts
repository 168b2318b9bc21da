import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeFigures } from "../../analysis/figureFiles.ts";
import { renderFigures } from "../../analysis/figures/index.ts";
import { figurePng, pngScale } from "../../analysis/png.ts";
import { syntheticBundle } from "../support/bundle.ts";
import { temporaryFolder } from "../support/runs.ts";

const [figure] = renderFigures(syntheticBundle());
if (figure === undefined) throw new Error("no figure is drawn");

/** Width and height from the header chunk of a PNG (ISO/IEC 15948, 11.2.1). */
function sizeOf(png: Uint8Array): [number, number] {
  const bytes = Buffer.from(png);
  expect(bytes.subarray(0, 8).toString("latin1")).toBe("\x89PNG\r\n\x1a\n");
  return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
}

test("a figure as PNG has the resolution of print and its words", async () => {
  const png = await figurePng(figure);
  const [, width = 0, height = 0] = (/ width="(\d+)" height="([\d.]+)"/.exec(figure.svg) ?? []).map(Number);
  expect(sizeOf(png)).toEqual([width * pngScale, Math.round(height * pngScale)]);
  const wordless = await figurePng({ name: "wordless", svg: figure.svg.replace(/<text[\s\S]*?<\/text>/g, "") });
  expect(png.length).toBeGreaterThan(wordless.length * 1.5);
});

test("figures are written beside each other, and an older picture does not stay", async () => {
  const folder = await temporaryFolder();
  const written = await writeFigures(folder, [figure], true);
  expect((await readdir(folder)).sort()).toEqual([`${figure.name}.png`, `${figure.name}.svg`]);
  expect(sizeOf(await readFile(written[1] ?? ""))[0]).toBeGreaterThan(2000);
  await writeFigures(folder, [{ ...figure, name: "other" }]);
  expect(await readdir(folder)).toEqual(["other.svg"]);
  expect(written[0]).toBe(join(folder, `${figure.name}.svg`));
});
