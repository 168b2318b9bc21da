import { defineConfig } from "vitest/config";

/** `npm run test:full`: end to end, kills, simulations; real tools and long labs, one file at a time. */
export default defineConfig({
  test: {
    include: ["test/full/**/*.test.ts"],
    globalSetup: ["test/support/tools.ts", "test/support/leftNamespaces.ts"],
    fileParallelism: false,
    testTimeout: 15 * 60_000,
    hookTimeout: 15 * 60_000,
    teardownTimeout: 60_000,
  },
});
