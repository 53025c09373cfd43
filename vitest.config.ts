import { configDefaults, defineConfig } from "vitest/config";

/** `--mode exhaustive` runs the suites that search large models; everything else belongs to `npm test`. */
export default defineConfig(({ mode }) => {
  const exhaustive = "**/*.exhaustive.test.ts";
  return {
    test: {
      include: mode === "exhaustive" ? [exhaustive] : ["**/*.test.ts"],
      exclude: [...configDefaults.exclude, "**/example-project/**", "**/.lockstep/**", ...(mode === "exhaustive" ? [] : [exhaustive])],
      setupFiles: ["specs/language/fixtures/collection-equality.ts", "cli/fixtures/collect-garbage.ts"],
      execArgv: ["--expose-gc"],
      // Most tests of the command line wait for processes of their own.
      maxWorkers: 2,
      // The quick tests share what they import, which is a third of their time; those with processes and timers of their own do not.
      isolate: mode === "exhaustive",
      testTimeout: mode === "exhaustive" ? 600_000 : 30_000,
    },
  };
});
