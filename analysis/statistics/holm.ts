/**
 * Holm's step-down adjustment: p values of a family of tests, each raised so that comparing all with one level keeps the
 * chance of any false alarm in the family below that level, however the tests depend on each other. Same order as given.
 * S. Holm, A simple sequentially rejective multiple test procedure, Scand. J. Statistics 6 (1979) 65-70
 */
export function holmAdjusted(pValues: readonly number[]): number[] {
  const order = pValues.map((p, index) => ({ p, index })).sort((x, y) => x.p - y.p);
  const adjusted = new Array<number>(pValues.length).fill(1);
  let largest = 0;
  for (const [rank, { p, index }] of order.entries()) {
    largest = Math.max(largest, Math.min(1, (pValues.length - rank) * p));
    adjusted[index] = largest;
  }
  return adjusted;
}
