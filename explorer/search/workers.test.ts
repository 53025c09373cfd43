/** Searches with followers in worker threads, as the command line runs them. */
import { describe, expect, it } from "vitest";
import { findModel } from "../../models/index.ts";
import { instantiate } from "../../specs/language/index.ts";
import { runSearch } from "../cli/run-search.ts";
import { loadSpec } from "../cli/spec-file.ts";
import { replay } from "../interpret/replay.ts";
import { counts } from "./fixtures/against-reference.ts";
import type { SearchOptions } from "./result/result.ts";

const MEMORY = 64e6;
const model = (name: string, constants: Readonly<Record<string, number>>, options: SearchOptions) => {
  const instance = instantiate(findModel(name).spec, { constants });
  return Promise.all(
    // Up to three threads of ours at a time are enough for a machine.
    [1, 2, 3].map((workers) =>
      runSearch({ origin: { kind: "model", name }, instance, options: { memoryBytes: MEMORY, ...options, workers } }),
    ),
  ).then((results) => ({ instance, results }));
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

it("what goes wrong in a worker is reported", async () => {
  const path = new URL("./fixtures/late-fault.ts", import.meta.url).pathname;
  const instance = instantiate(await loadSpec(path));
  const search = runSearch({ origin: { kind: "file", path }, instance, options: { memoryBytes: MEMORY, workers: 3 } });
  await expect(search).rejects.toThrow(/action Late\(.*\).*threw: only in a worker/);
});
