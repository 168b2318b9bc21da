/**
 * MSER-5: how many values to drop at the start of a series so that the standard error of the rest's mean is smallest. The
 * series is taken in means of `batch` values, at most its first half is dropped. null when there are fewer than four batches,
 * and when the smallest error lies at the very edge: the series never settled.
 * K. P. White, M. J. Cobb, S. C. Spratt, A comparison of five steady-state truncation heuristics, Proc. Winter Simulation
 * Conference 2000, 755-760
 */
export function warmupLength(series: readonly number[], batch = 5): number | null {
  const batches = Math.floor(series.length / batch);
  if (batches < 4) return null;
  const means = Array.from(
    { length: batches },
    (_, index) => series.slice(index * batch, (index + 1) * batch).reduce((sum, value) => sum + value, 0) / batch,
  );
  const most = Math.floor(batches / 2);
  const errors = Array.from({ length: most + 1 }, (_, dropped) => {
    const kept = means.slice(dropped);
    const centre = kept.reduce((sum, value) => sum + value, 0) / kept.length;
    return kept.reduce((sum, value) => sum + (value - centre) ** 2, 0) / kept.length ** 2;
  });
  const best = errors.indexOf(Math.min(...errors));
  return best === most ? null : best * batch;
}
