/** Searches with followers in worker threads, as the command line runs them. */
import { describe, expect, it } from "vitest";
import { findModel } from "../../models/index.ts";
import { instantiate } from "../../specs/language/index.ts";
import { runSearch } from "../../cli/run-search.ts";
import { modelOfFile } from "../../cli/spec-file.ts";
import { replay } from "../interpret/replay.ts";
import { counts } from "./fixtures/against-reference.ts";
import type { SearchOptions } from "./contract.ts";

const MEMORY = 64e6;
/** Everything that is rare in a search happens all the time: tables grow while others fill them, all levels are shared. */
const tiny = { firstSlots: 64, batch: 16, chunk: 4, portion: 4, sharedLevel: 0, sharedRebuild: 1 };

const model = async (
  name: string,
  constants: Readonly<Record<string, number>>,
  options: SearchOptions,
  workers: readonly number[] = [1, 2, 3],
) => {
  const instance = instantiate(findModel(name).spec, { constants });
  const results = [];
  for (const n of workers)
    results.push(await runSearch({ origin: { kind: "model", name }, instance, options: { memoryBytes: MEMORY, ...options, workers: n } }));
  return { instance, results };
};

describe("with one, two and three workers", () => {
  it("counts, levels, actions and verdict are equal", async () => {
    const constants = { values: 1, startViewOnTimerLimit: 1 };
    const { results } = await model("viewstamped-replication", constants, { allowDeadlock: true, reductions: false });
    expect(results.map(counts)).toEqual([1, 2, 3].map(() => results[0] && counts(results[0])));
    expect(results[2]).toMatchObject({ verdict: "holds", generated: 106_794, distinct: 42_753, depth: 24, workers: 3 });
  });
  it("the shortest trace has the same length", async () => {
    const { instance, results } = await model("missionaries-and-cannibals", { missionaries: 3, cannibals: 3 }, { symmetry: false });
    for (const { violation } of results) {
      expect(violation).toMatchObject({ property: "NotSolved", length: 12 });
      expect(violation && replay(instance, violation.trace)).toEqual({ ok: true });
    }
  });
});

describe("with tiny tables, and levels shared from the first state", () => {
  it.each([
    ["two-phase-commit", { resourceManagers: 4 }, {}],
    ["viewstamped-replication", { values: 1, startViewOnTimerLimit: 0 }, { reductions: false }],
    ["viewstamped-replication", { values: 1, startViewOnTimerLimit: 0 }, { reductions: true }],
    ["bakery", { processes: 2 }, {}],
  ] as const)("%s %j %j: counts are equal with one, two and four workers", async (name, constants, options) => {
    const { results } = await model(name, constants, { allowDeadlock: true, ...options, tuning: tiny }, [1, 2, 4]);
    const {
      results: [usual],
    } = await model(name, constants, { allowDeadlock: true, ...options }, [1]);
    for (const result of results) expect(counts(result)).toEqual(usual && counts(usual));
  });
});

it("what goes wrong in a worker is reported", async () => {
  const path = new URL("./fixtures/late-fault.ts", import.meta.url).pathname;
  const instance = instantiate((await modelOfFile(path)).spec);
  const search = runSearch({ origin: { kind: "file", path }, instance, options: { memoryBytes: MEMORY, workers: 3 } });
  await expect(search).rejects.toThrow(/action Late\(.*\).*threw: only in a worker/);
});
