/** Numbers for readers: SI-scaled units, as many digits as mean something, never NaN. */

/** A unit for the reader: divide by `factor`, then write `unit`. */
export interface Scale {
  readonly factor: number;
  readonly unit: string;
}

const KiB = 1024;
const ladders: Readonly<Record<string, readonly Scale[]>> = {
  "bit/s": [
    { factor: 1e9, unit: "Gbit/s" },
    { factor: 1e6, unit: "Mbit/s" },
    { factor: 1e3, unit: "kbit/s" },
    { factor: 1, unit: "bit/s" },
  ],
  s: [
    { factor: 1, unit: "s" },
    { factor: 1e-3, unit: "ms" },
    { factor: 1e-6, unit: "µs" },
  ],
  bytes: [
    { factor: KiB ** 3, unit: "GiB" },
    { factor: KiB ** 2, unit: "MiB" },
    { factor: KiB, unit: "KiB" },
    { factor: 1, unit: "bytes" },
  ],
};

/** Names of units as readers know them; others stay as they are. */
const readable: Readonly<Record<string, string>> = {
  "core*s/Gbit": "core·s/Gbit",
  "core*s/1000": "core·s/1,000 requests",
};

/** The largest scale of a unit in which the given value is at least 1 (the smallest scale for tiny ones). */
export function scaleFor(unit: string, largest: number): Scale {
  const ladder = ladders[unit];
  if (ladder === undefined) return { factor: 1, unit: readable[unit] ?? unit };
  const fitting = ladder.find(({ factor }) => Math.abs(largest) >= factor);
  const smallest = ladder.at(-1);
  return (largest === 0 ? ladder[0] : (fitting ?? smallest)) ?? { factor: 1, unit };
}

/** Decimals that show three significant digits of a value, none from 100 on. */
export function decimalsOf(value: number): number {
  if (value === 0 || !Number.isFinite(value)) return 0;
  return Math.min(6, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value)) + 1e-9)));
}

/** Making a formatter costs far more than using it. */
const formatters = Array.from(
  { length: 7 },
  (_, digits) => new Intl.NumberFormat("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits }),
);

/** `12,400`, `9.42`, `0.0031`; a dash for what is not a number. A minus sign, not a hyphen. At most six decimals. */
export function number(value: number | null | undefined, decimals?: number): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const text = formatters[decimals ?? decimalsOf(value)]?.format(Math.abs(value)) ?? String(Math.abs(value));
  return value < 0 && /[1-9]/.test(text) ? `−${text}` : text;
}

/** A share of 0 to 1 in percent: `59.9 %`. */
export function percent(share: number, decimals = 1): string {
  return `${number(share * 100, decimals)} %`;
}

/** An interval narrower than this part of its mean is one of rounding. */
const rounding = 1e-9;

/** `10.0 (9.75 to 10.25)`: a mean with its interval in one scale, or the bare value where there is none or it has no width. */
export function withInterval(
  { mean, low, high }: { mean: number; low: number | null; high: number | null },
  scale: Scale = { factor: 1, unit: "" },
  most = 6,
): string {
  const value = mean / scale.factor;
  if (low === null || high === null || high - low <= rounding * Math.abs(mean))
    return number(value, Math.min(most, decimalsOf(value)));
  const decimals = Math.min(most, intervalDecimals(value, (high - low) / 2 / scale.factor));
  return `${number(value, decimals)} (${number(low / scale.factor, decimals)} to ${number(high / scale.factor, decimals)})`;
}

/**
 * Decimals that show the half-width with two significant digits when it starts with 1 or 2, else with one; at most one more
 * or one fewer than the mean alone would have.
 */
function intervalDecimals(mean: number, half: number): number {
  const power = Math.floor(Math.log10(half));
  const digits = half / 10 ** power < 3 ? 2 : 1;
  const own = decimalsOf(mean);
  return Math.min(own + 1, Math.max(0, own - 1, digits - 1 - power));
}

/** `1 run`, `3 runs`. */
export function count(amount: number, singular: string, plural = `${singular}s`): string {
  return `${number(amount, 0)} ${amount === 1 ? singular : plural}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function list(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} and ${last}`;
}

/** `n = 3`, or `n = 2 to 3` where cells differ. */
export function nText(counts: readonly number[]): string {
  if (counts.length === 0) return "n = 0";
  const low = Math.min(...counts);
  const high = Math.max(...counts);
  return low === high ? `n = ${number(low, 0)}` : `n = ${number(low, 0)} to ${number(high, 0)}`;
}
