/** Figures as PNG, drawn with a font that is a package of its own, so that the same figure gives the same picture everywhere. */
import { createRequire } from "node:module";
import type { Figure } from "./figures/index.ts";
import { AnalysisError } from "./errors.ts";
import { inks } from "./theme.ts";

/** Pixels for each unit of a figure: 2,304 across, which is 300 dots an inch on a page's 19.5 cm. */
export const pngScale = 3;

const { resolve } = createRequire(import.meta.url);
const faces = ["400Regular/OpenSans_400Regular.ttf", "400Regular_Italic/OpenSans_400Regular_Italic.ttf"].concat(
  "600SemiBold/OpenSans_600SemiBold.ttf",
  "700Bold/OpenSans_700Bold.ttf",
);

/**
 * Draws a figure (resvg) on white at print resolution. Throws AnalysisError where the renderer has no binary for this
 * machine.
 */
export async function figurePng({ name, svg }: Pick<Figure, "name" | "svg">): Promise<Uint8Array> {
  const { Resvg } = await import("@resvg/resvg-js").catch((error: unknown) => {
    throw new AnalysisError(`cannot be drawn as PNG: ${error instanceof Error ? error.message : String(error)}`, {
      file: `${name}.png`,
      remedy: "Run `npm ci` again, or go without --png: the figures are there as SVG",
    });
  });
  const drawing = new Resvg(svg, {
    background: inks.paper.light,
    fitTo: { mode: "zoom", value: pngScale },
    font: {
      loadSystemFonts: false,
      fontFiles: faces.map((face) => resolve(`@expo-google-fonts/open-sans/${face}`)),
      defaultFontFamily: "Open Sans",
      sansSerifFamily: "Open Sans",
    },
  });
  return drawing.render().asPng();
}
