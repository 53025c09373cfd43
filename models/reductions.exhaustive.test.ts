import { describe, expect, it } from "vitest";
import { search } from "../explorer/search/index.ts";
import { instantiate } from "../specs/language/instantiate.ts";
import type { Design } from "../specs/language/instantiate.ts";
import { viewstampedReplication } from "../specs/viewstamped-replication/spec.ts";

/** Every combination of the switches; an eager view update leaves newStateGuard without meaning. */
const designs = (): Design[] => {
  let all: Design[] = [{}];
  for (const [name, choices] of Object.entries(viewstampedReplication.design))
    all = all.flatMap((d) => choices.map((choice) => ({ ...d, [name]: choice })));
  return all.filter((d) => d["viewUpdate"] === "lazy" || d["newStateGuard"] === "higher");
};

describe("reductions change no verdict and no length, in any design with two values and one timer", () => {
  it.each(designs().map((design) => ({ name: Object.values(design).join("/"), design })))("$name", async ({ design }) => {
    const instance = instantiate(viewstampedReplication, { constants: { values: 2, startViewOnTimerLimit: 1 }, design });
    const lengths = async (reductions: boolean): Promise<unknown> => {
      const result = await search(instance, { reductions, allowDeadlock: true, continueAfterViolation: true });
      return { bound: result.bound, lengths: Object.fromEntries(result.violations.map((v) => [v.property, v.length])) };
    };
    expect(await lengths(true)).toEqual(await lengths(false));
  });
});
