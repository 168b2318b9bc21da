import { EventEmitter } from "node:events";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { watchSignals } from "../../runner/interrupt.ts";

class Process extends EventEmitter {
  readonly exits: (number | undefined)[] = [];
  exit(code?: number): void {
    this.exits.push(code);
  }
}

let fake: Process;
let said: string[];
beforeEach(() => {
  vi.useFakeTimers();
  fake = new Process();
  said = [];
});
afterEach(() => {
  vi.useRealTimers();
});
const watch = () => watchSignals((text) => said.push(text), fake as unknown as NodeJS.Process);

test("the first signal asks to stop, the second stops at once and ends the process in the end", () => {
  const interruption = watch();
  expect(interruption.exitCode).toBeUndefined();
  fake.emit("SIGINT");
  expect([interruption.soft.aborted, interruption.hard.aborted, interruption.exitCode]).toEqual([true, false, 130]);
  fake.emit("SIGINT");
  expect(interruption.hard.aborted).toBe(true);
  fake.emit("SIGINT");
  expect(said).toHaveLength(2);
  expect(fake.exits).toEqual([]);
  vi.advanceTimersByTime(2_000);
  expect(fake.exits).toEqual([130]);
});

test("SIGTERM and a closed terminal end with 143, whatever comes after", () => {
  for (const signal of ["SIGTERM", "SIGHUP"]) {
    const interruption = watch();
    fake.emit(signal);
    fake.emit("SIGINT");
    expect(interruption.exitCode).toBe(143);
    interruption.dispose();
  }
});

test("while cleaning up only a second signal counts", () => {
  const interruption = watch();
  fake.emit("SIGINT");
  interruption.cleaningUp();
  expect(interruption.soft.aborted).toBe(false);
  fake.emit("SIGINT");
  expect(interruption.soft.aborted).toBe(true);
});

test("after dispose signals are the process's own again", () => {
  const interruption = watch();
  interruption.dispose();
  expect(fake.listenerCount("SIGINT")).toBe(0);
});
