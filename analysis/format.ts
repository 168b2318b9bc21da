/** Numbers in sentences. */

/** 0.0123 → "1.23 %" */
export function percent(share: number, digits = 2): string {
  return `${(share * 100).toFixed(digits)} %`;
}

/** 1234567 → "1,234,567" */
export function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** "1 packet", "2 packets" */
export function count(amount: number, noun: string): string {
  return `${whole(amount)} ${noun}${amount === 1 ? "" : "s"}`;
}
