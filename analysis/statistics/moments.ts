/** Number, mean and sample variance of values that come one by one; the variance is null for fewer than two. */
export interface Moments {
  readonly n: number;
  readonly mean: number;
  readonly variance: number | null;
}

/**
 * Moments in constant memory: nothing is kept of the values themselves.
 * B. P. Welford, Note on a method for calculating corrected sums of squares and products, Technometrics 4 (1962) 419-420
 */
export class RunningMoments implements Moments {
  #n = 0;
  #mean = 0;
  #squares = 0;

  add(value: number): void {
    this.#n += 1;
    const before = value - this.#mean;
    this.#mean += before / this.#n;
    this.#squares += before * (value - this.#mean);
  }

  get n(): number {
    return this.#n;
  }

  /** 0 before the first value. */
  get mean(): number {
    return this.#mean;
  }

  get variance(): number | null {
    return this.#n < 2 ? null : this.#squares / (this.#n - 1);
  }
}
