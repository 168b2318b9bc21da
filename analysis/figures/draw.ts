/** Observable Plot on a DOM of its own, and the frame around each figure: title, subtitle, legend, notes. */
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { inks, type MarkSymbol } from "../theme.ts";

/** Width of every figure in pixels: fits a printed page without shrinking the text much. */
export const figureWidth = 760;
/** Mean width of a letter at the size of the labels. */
const letter = 6.7;
const font = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";

/** The little of the DOM that is used here; the compiler runs without the DOM's types. */
interface Element {
  setAttribute(name: string, value: string): void;
  removeAttribute(name: string): void;
  querySelector(selector: string): { remove(): void } | null;
  readonly outerHTML: string;
}

/** A drawn part of a figure, to be placed at `x`. */
export interface Body {
  readonly svg: string;
  readonly x?: number;
  readonly width: number;
  readonly height: number;
}

/** Entry of a legend. `hollow` draws the outline only. */
export interface LegendEntry {
  readonly label: string;
  readonly colour: string;
  readonly symbol: MarkSymbol | "run" | "times" | "line" | "dashed" | "band" | "tick";
  readonly hollow?: boolean;
}

export interface Frame {
  readonly name: string;
  readonly title: string;
  /** What all of the figure shares: cells' common parts, n, what bars mean. */
  readonly subtitle: string;
  /** What the figure says, for those who cannot see it. */
  readonly description: string;
  readonly legend: readonly LegendEntry[];
  /** Rows of parts: the parts of a row stand side by side. */
  readonly bodies: readonly (readonly Body[])[];
  /** Missing cells, invalid runs: below the figure. */
  readonly notes: readonly string[];
}

const { document } = parseHTML("<html><body></body></html>") as unknown as { document: object };

/** Draws marks; returns an `svg` element to be placed in a frame. */
export function drawPlot(options: Plot.PlotOptions & { width: number; height: number }): Body {
  const render = Plot.plot as unknown as (options: object) => Element;
  const element = render({ ...options, document, className: "plot" });
  element.querySelector("style")?.remove();
  element.removeAttribute("class");
  element.setAttribute("font-size", "12");
  element.setAttribute("font-family", font);
  return { svg: element.outerHTML, width: options.width, height: options.height };
}

/** Escapes a text for markup, in element or attribute. */
export function escapeMarkup(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${String(character.charCodeAt(0))};`);
}

/** Breaks a text into lines of at most so many letters. */
export function wrapText(text: string, letters: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+(?!%)/).filter((part) => part !== "")) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= letters) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Width that labels take, in pixels, between bounds. */
export function labelWidth(labels: readonly string[], most: number): number {
  return Math.min(most, Math.max(40, ...labels.map((label) => label.length * letter + 18)));
}

/** Shortens the longest name in a label so that all of it fits a width in pixels; numbers stay whole. */
export function fitLabel(label: string, width: number): string {
  const letters = Math.floor((width - 14) / letter);
  const excess = label.length - letters;
  if (excess <= 0) return label;
  const parts = label.split(", ");
  const longest = parts.reduce((most, part) => (!/^\d/.test(part) && part.length > most.length ? part : most), "");
  const kept = Math.max(2, longest.length - excess - 1);
  return parts.map((part) => (part === longest && part.length > kept ? `${part.slice(0, kept)}…` : part)).join(", ");
}

/** One whole SVG file: readable on white by itself, and, inlined in the report, on dark by its rules. */
export function frame({ name, title, subtitle, description, legend, bodies, notes }: Frame): string {
  const parts: string[] = [];
  let y = 20;
  const text = (content: string, attributes: string): void => {
    parts.push(`<text x="0" y="${String(y)}" ${attributes}>${escapeMarkup(content)}</text>`);
  };
  const lines = (content: string, attributes: string, letters: number): void => {
    for (const line of wrapText(content, letters)) {
      y += 17;
      text(line, attributes);
    }
  };
  text(title, `font-size="16" font-weight="600" fill="${inks.ink.light}"`);
  lines(subtitle, `font-size="12.5" fill="${inks.muted.light}"`, 116);
  y += 12;
  if (legend.length > 0) bodies = [[drawLegend(legend)], ...bodies];
  for (const row of bodies) {
    let x = 0;
    for (const body of row) {
      const left = body.x ?? x;
      parts.push(body.svg.replace("<svg ", `<svg x="${String(left)}" y="${String(y)}" `));
      x = left + body.width;
    }
    y += Math.max(0, ...row.map(({ height }) => height)) + 4;
  }
  for (const note of notes) lines(note, `font-size="12" fill="${inks.muted.light}"`, 112);
  const height = y + 12;
  const spoken = escapeMarkup(`${title}. ${subtitle}`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-4 0 ${String(figureWidth + 8)} ${String(height)}" width="${String(figureWidth + 8)}" height="${String(height)}"`,
    ` role="img" aria-label="${spoken}" data-figure="${escapeMarkup(name)}" font-family="${escapeMarkup(font)}" font-size="12" color="${inks.ink.light}">`,
    `<title>${escapeMarkup(title)}</title><desc>${escapeMarkup(description)}</desc>`,
    `<rect x="-4" y="0" width="100%" height="100%" fill="${inks.paper.light}"/>`,
    ...parts,
    "</svg>",
  ].join("");
}

/** Entries in lines, as wide as the figure. */
function drawLegend(entries: readonly LegendEntry[]): Body {
  let x = 0;
  let line = 0;
  const placed = entries.map((entry) => {
    const width = 24 + entry.label.length * letter + 14;
    if (x > 0 && x + width > figureWidth) {
      x = 0;
      line += 1;
    }
    const at = { ...entry, x: x + 8, y: line * 20 + 10 };
    x += width;
    return at;
  });
  const strokes = placed.filter(({ symbol }) => symbol === "line" || symbol === "dashed");
  const bands = placed.filter(({ symbol }) => symbol === "band");
  const ticks = placed.filter(({ symbol }) => symbol === "tick");
  const special = new Set<string>(["line", "dashed", "band", "tick"]);
  const symbols = placed.filter(({ symbol }) => !special.has(symbol));
  return drawPlot({
    width: figureWidth,
    height: (line + 1) * 20 + 6,
    margin: 0,
    axis: null,
    x: { type: "identity" },
    y: { type: "identity" },
    marks: [
      ...bands.map(({ x, y, colour }) =>
        Plot.rect([0], { x1: x - 8, x2: x + 8, y1: y - 6, y2: y + 6, fill: colour, ariaHidden: "true" }),
      ),
      ...strokes.map(({ x, y, colour, symbol }) =>
        Plot.ruleY([y], {
          x1: x - 8,
          x2: x + 8,
          stroke: colour,
          strokeWidth: 2,
          ...(symbol === "dashed" ? { strokeDasharray: "4 3" } : {}),
        }),
      ),
      Plot.ruleX(ticks, {
        x: "x",
        y1: (entry: { y: number }) => entry.y - 6,
        y2: (entry: { y: number }) => entry.y + 6,
        stroke: "colour",
        strokeWidth: 2.5,
      }),
      ...symbols.map(({ x, y, colour, symbol, hollow }) =>
        Plot.dot([0], {
          x,
          y,
          r: symbol === "run" ? 2.8 : 4.5,
          symbol: symbol === "run" ? "circle" : (symbol as MarkSymbol),
          stroke: colour,
          strokeWidth: 1.6,
          fill: hollow === true || symbol === "times" ? "none" : colour,
        }),
      ),
      Plot.text(placed, { x: "x", y: "y", dx: 13, text: "label", textAnchor: "start", fill: inks.ink.light }),
    ],
  });
}

/** A line of words at the top left of a panel, out in its left margin. @param dy pixels below the frame's top */
export function panelText(content: string, dy: number, options: Plot.TextOptions): Plot.Markish {
  return Plot.text([content], {
    frameAnchor: "top-left",
    dx: -48,
    dy,
    textAnchor: "start",
    lineAnchor: "middle",
    ...options,
  });
}
