/** Answers by second and backend: the form that all of k6's records of answers are brought into. */
import type { Histogram } from "../latency.ts";

/** Answers of one backend in one second; `backend` -1 stands for requests that no backend answered. */
export interface SecondCount {
  /** Whole seconds since the start of the scenario, warm-up included. */
  readonly second: number;
  readonly backend: number;
  /** Errors included. */
  readonly requests: number;
  readonly errors: number;
}

export interface Counts {
  /** Start of the scenario, milliseconds since the epoch; null without any flush. */
  readonly start_ms: number | null;
  readonly seconds: readonly SecondCount[];
  /** Good answers of the measured part. */
  readonly histogram: Histogram;
}

/** Adds up answers of any number of lines, users and runners; as large as the seconds are many, not the answers. */
export class SecondTally {
  readonly #rows = new Map<number, number[]>();
  // Answers come second by second, so the row is mostly that of the answer before.
  #second = -1;
  #row: number[] = [];

  /** `backend` from -1 on; `requests` include the `errors`. */
  add(second: number, backend: number, requests: number, errors: number): void {
    if (second !== this.#second) this.#goTo(second);
    const row = this.#row;
    const at = 2 * (backend + 1);
    while (row.length < at + 2) row.push(0);
    row[at] = (row[at] ?? 0) + requests;
    row[at + 1] = (row[at + 1] ?? 0) + errors;
  }

  #goTo(second: number): void {
    this.#second = second;
    this.#row = this.#rows.get(second) ?? [];
    if (this.#row.length === 0) this.#rows.set(second, this.#row);
  }

  addAll(counts: readonly SecondCount[]): void {
    for (const { second, backend, requests, errors } of counts) this.add(second, backend, requests, errors);
  }

  /** In the order of time, then of backends; where there was nothing there is no entry. */
  seconds(): SecondCount[] {
    return [...this.#rows]
      .sort(([a], [b]) => a - b)
      .flatMap(([second, row]) => {
        const found: SecondCount[] = [];
        for (let at = 0; at < row.length; at += 2) {
          const [requests = 0, errors = 0] = [row[at], row[at + 1]];
          if (requests > 0) found.push({ second, backend: at / 2 - 1, requests, errors });
        }
        return found;
      });
  }
}
