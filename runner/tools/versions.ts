/** Version numbers as programs print them: numbers with dots, older or newer. */

/** Negative when `a` is older than `b`, positive when it is newer; missing places count as 0, words after it are ignored. */
export function compareVersions(a: string, b: string): number {
  const left = numbersOf(a);
  const right = numbersOf(b);
  for (let place = 0; place < Math.max(left.length, right.length); place++) {
    const difference = (left[place] ?? 0) - (right[place] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

const numbersOf = (version: string): number[] =>
  (/^v?(\d+(?:\.\d+)*)/.exec(version)?.[1] ?? "0").split(".").map(Number);

/** The version in a program's output, or undefined when it says something else. */
export const readVersion = (output: string, pattern: RegExp): string | undefined => pattern.exec(output)?.[1];
