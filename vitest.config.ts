import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

const slow = "test/full/**";
const kernel = "test/**/*.kernel.test.ts";

/** `npm test`: pure halves side by side, then what touches the kernel, one file at a time. At most 90 s in all. */
export default defineConfig({
  test: {
    globalSetup: "test/support/leftNamespaces.ts",
    // Vitest leaves a core free; on a machine of two that is half of it.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: [slow, kernel],
          testTimeout: 20_000,
          // Files share one another's modules, whose loading would take as long as the tests.
          isolate: false,
        },
      },
      {
        test: {
          name: "kernel",
          include: [kernel],
          exclude: [slow],
          testTimeout: 30_000,
          hookTimeout: 30_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
