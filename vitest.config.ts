import { defineConfig } from "vitest/config";

const slow = "test/full/**";
const kernel = "test/**/*.kernel.test.ts";

/** `npm test`: pure halves side by side, then what touches the kernel, one file at a time. At most 90 s in all. */
export default defineConfig({
  test: {
    globalSetup: "test/support/leftNamespaces.ts",
    projects: [
      {
        test: { name: "unit", include: ["test/**/*.test.ts"], exclude: [slow, kernel], testTimeout: 20_000 },
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
