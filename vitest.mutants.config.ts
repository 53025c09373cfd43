import { configDefaults, defineConfig } from "vitest/config";

/** For Stryker: the tests that are to notice a change of the engine's protocol modules. */
export default defineConfig({
  test: {
    include: [
      "engine/{replication,batch-store,snapshot-restore,transactional-store}/**/*.test.ts",
      "conformance/{viewstamped-replication,batch-store,snapshot-restore,transactional-store}/**/*.test.ts",
    ],
    exclude: [...configDefaults.exclude, "**/*.exhaustive.test.ts"],
    testTimeout: 60_000,
  },
});
