import { defineConfig } from "vitest/config";

/** The console in a real browser. Needs a built console (`npm run build -w web`) and a Chromium; without one it is skipped. */
export default defineConfig({
  test: {
    name: "browser",
    include: ["test/browser/**/*.test.ts"],
    setupFiles: ["test/setup/seed.ts"],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    fileParallelism: false,
    reporters: ["default", ["json", { outputFile: "dist/reports/browser.json" }]],
  },
});
