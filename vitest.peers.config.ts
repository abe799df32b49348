import { defineConfig } from "vitest/config";

/** The interop suite, started by `tools/peers`: real programs on real sockets, one file at a time since each starts several. */
export default defineConfig({
  test: {
    include: ["test/peers/**/*.test.ts"],
    setupFiles: ["test/setup/seed.ts"],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
