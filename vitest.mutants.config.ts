import { relative } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer } from "vitest/node";
import type { TestSpecification } from "vitest/node";
import { killersOf } from "./scoreboard/mutated-modules.ts";

const killers = killersOf(process.env["LOCKSTEP_MUTANTS_OF"]);

/** A mutant is dead with the first test that fails: the files come in the order in which they are listed, quick ones first. */
class AsListed extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => killers.indexOf(relative(this.ctx.config.root, moduleId));
    return Promise.resolve([...files].sort((a, b) => place(a) - place(b)));
  }
}

/** For Stryker: the tests that are to notice a change of the protocol modules of one system, or of all. */
export default defineConfig({
  test: {
    include: [...killers],
    sequence: { sequencer: AsListed },
    isolate: false,
    testTimeout: 60_000,
  },
});
