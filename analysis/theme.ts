/**
 * Colours and marks, the same for the same thing in every figure and table. Figures carry the light colour as a plain
 * attribute, so that a file of its own is right on white in any program; the report turns each into its dark partner.
 * The hues are those of Okabe and Ito (https://jfly.uni-koeln.de/color/), which stay apart for colour-blind readers,
 * darkened where they would be too faint on white. Each also has a mark of its own, so that nothing hangs on colour.
 */
import type { Cell } from "./record.ts";

export type MarkSymbol = "circle" | "square2" | "triangle2" | "diamond2" | "star" | "hexagon" | "wye" | "plus";

/** How one thing looks: colour on white, colour on dark, mark. */
export interface Tone {
  readonly light: string;
  readonly dark: string;
  readonly symbol: MarkSymbol;
}

/** Colours that are not data. */
export const inks = {
  ink: { light: "#1b1f24", dark: "#e6e9ec" },
  muted: { light: "#57606a", dark: "#a3abb3" },
  line: { light: "#d5dae0", dark: "#3a424b" },
  band: { light: "#e4e9ee", dark: "#2d343c" },
  paper: { light: "#ffffff", dark: "#15191e" },
  alarm: { light: "#b3261e", dark: "#ff8a80" },
} as const;

const tones: Readonly<Record<string, Tone>> = {
  kernel: { light: "#0072b2", dark: "#56b4e9", symbol: "circle" },
  cilium: { light: "#c07a00", dark: "#f0b030", symbol: "diamond2" },
  antrea: { light: "#aa4a8c", dark: "#e59ac6", symbol: "triangle2" },
  nginx: { light: "#00855f", dark: "#2fc79a", symbol: "circle" },
  envoy: { light: "#d55e00", dark: "#ff8a3d", symbol: "square2" },
  direct: { light: "#6b6b6b", dark: "#a8a8a8", symbol: "wye" },
};

/** For names that the table does not know: picked by the name alone, so that it is the same in every bundle. */
const spares: readonly Tone[] = [
  { light: "#3d5a98", dark: "#8fa9e3", symbol: "star" },
  { light: "#8c6d1f", dark: "#d9b95b", symbol: "hexagon" },
  { light: "#7a3b2e", dark: "#d99a8c", symbol: "plus" },
  { light: "#2f7f86", dark: "#74c9d1", symbol: "wye" },
];

/** Look of a CNI or a gateway by its name. On white and on dark each colour stands out by at least 3 to 1 (WCAG 2.2, 1.4.11). */
export function toneOf(name: string): Tone {
  const known = Object.hasOwn(tones, name) ? tones[name] : undefined;
  if (known !== undefined) return known;
  const sum = Array.from(name).reduce((total, letter) => (total * 31 + (letter.codePointAt(0) ?? 0)) % 9973, 7);
  return spares[sum % spares.length] ?? { light: inks.ink.light, dark: inks.ink.dark, symbol: "circle" };
}

/**
 * Look of a cell. The colour is that of its CNI, whatever the scenario; on the bare kernel path of `netns`, which is no CNI,
 * gateways are what is told apart. The mark of an ingress cell is that of its gateway, so that two gateways on one CNI differ.
 */
export function cellTone(cell: Pick<Cell, "scenario" | "gateway" | "cni">): Tone {
  if (cell.scenario !== "ingress" || cell.gateway === "") return toneOf(cell.cni);
  const gateway = toneOf(cell.gateway);
  return cell.cni === "kernel" ? gateway : { ...toneOf(cell.cni), symbol: gateway.symbol };
}

/** What the look of a cell stands for: `cilium`, `antrea with nginx`, on the kernel path the gateway alone. */
export function toneName({ scenario, gateway, cni }: Pick<Cell, "scenario" | "gateway" | "cni">): string {
  if (scenario !== "ingress" || gateway === "" || gateway === cni) return cni;
  return cni === "kernel" ? gateway : `${cni} with ${gateway}`;
}

/** CSS rules that give each colour of the figures below `scope` its dark partner. */
export function darkFigureCss(scope: string): string {
  const pairs = [...Object.values(inks), ...Object.values(tones), ...spares];
  return pairs
    .flatMap(({ light, dark }) =>
      ["fill", "stroke"].map((attribute) => `${scope} [${attribute}="${light}"]{${attribute}:${dark}}`),
    )
    .join("\n");
}
