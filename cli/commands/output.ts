/** What commands write on standard output. Light: what only reads a bundle loads neither runner nor engine for it. */
import { shown } from "../../runner/bundleFolder.ts";

/** What a campaign ends with: where the report is, and its findings. */
export const resultLines = (report: string, findings: readonly string[]): string[] => [
  ...findings.map((line) => `  ${line}`),
  `report: ${shown(report)}`,
];

export const writeLine = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

export const writeJson = (value: unknown): void => {
  writeLine(JSON.stringify(value, null, 2));
};
