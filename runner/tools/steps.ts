/** Steps of set-up and how they are shown: with spinners and times on a terminal, as plain lines elsewhere. */
import { Listr } from "listr2";
import { messageOf } from "../errors.ts";

export interface Step {
  readonly title: string;
  /** Does it; `say` tells what is being done now, the result is one line about what came out. */
  readonly run: (say: (doing: string) => void) => Promise<string>;
}

/** Runs the steps side by side, every one to its end, and returns the errors of those that failed. */
export type StepRunner = (steps: readonly Step[]) => Promise<readonly unknown[]>;

/** One line when a step begins, when it does something else, and when it ends with its time. */
export function plainSteps(write: (line: string) => void): StepRunner {
  return async (steps) => {
    const problems: unknown[] = [];
    await Promise.all(
      steps.map(async (step) => {
        const began = Date.now();
        let last = "";
        const say = (doing: string): void => {
          const kind = doing.replace(/\d.*$/, ""); // "downloading 3 of 9 MB" is said once, not for each number
          if (kind !== last) write(`${step.title}: ${doing}`);
          last = kind;
        };
        try {
          write(`${step.title}: ${await step.run(say)} (${elapsed(began)})`);
        } catch (error) {
          problems.push(error);
          write(`${step.title}: failed after ${elapsed(began)}: ${messageOf(error)}`);
        }
      }),
    );
    return problems;
  };
}

/** Spinners on the terminal that standard output is. */
export const terminalSteps: StepRunner = async (steps) => {
  const problems: unknown[] = [];
  const tasks = new Listr(
    steps.map((step) => ({
      title: step.title,
      task: async (_context: unknown, task: { title: string; output: string }): Promise<void> => {
        const began = Date.now();
        const clock = setInterval(() => {
          task.title = `${step.title} (${elapsed(began)})`;
        }, 1000);
        try {
          const result = await step.run((doing) => {
            task.output = doing;
          });
          task.title = `${step.title}: ${result} (${elapsed(began)})`;
        } catch (error) {
          problems.push(error);
          throw error;
        } finally {
          clearInterval(clock);
        }
      },
    })),
    { concurrent: true, exitOnError: false },
  );
  await tasks.run();
  return problems;
};

/** Time since `began` (ms since the epoch), such as `8 s` or `3 min 20 s`. */
export function elapsed(began: number, now: number = Date.now()): string {
  const seconds = Math.round((now - began) / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
