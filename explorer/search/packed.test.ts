import { describe, expect, it } from "vitest";
import { instantiate } from "../../specs/language/index.ts";
import { bakery } from "../../specs/classics/bakery.ts";
import { paxos } from "../../specs/classics/paxos.ts";
import { peterson } from "../../specs/classics/peterson.ts";
import { twoPhaseCommit } from "../../specs/classics/two-phase-commit.ts";
import { runSearch } from "./fixtures/against-reference.ts";
import type { SearchResult } from "./index.ts";

const onPath = (spec: typeof peterson, constants: Record<string, number>, path: "lists" | "packed"): Promise<SearchResult> =>
  runSearch(instantiate(spec, { constants }), {
    symmetry: false,
    reductions: false,
    allowDeadlock: true,
    continueAfterViolation: true,
    memoryBytes: 2 ** 28,
    tuning: { path },
  });

describe.each(["lists", "packed"] as const)("on the path of %s", (path) => {
  it("petersonN has as many states and transitions as in SPIN", async () => {
    expect(await onPath(peterson, { processes: 2 }, path)).toMatchObject({ generated: 541, distinct: 294, depth: 52 });
    expect(await onPath(peterson, { processes: 3 }, path)).toMatchObject({ generated: 128_654, distinct: 45_915, depth: 149 });
  });
});

it.each([
  ["bakery", bakery, { processes: 3, tickets: 2 }],
  ["paxos", paxos, { values: 1 }],
  ["two-phase commit", twoPhaseCommit, { resourceManagers: 4 }],
] as const)("all that is told of %s is the same on both paths", async (_, spec, constants) => {
  const said = async (path: "lists" | "packed") => {
    const { seconds, statesPerSecond, bytesPerState, audit, ...rest } = await onPath(spec, constants, path);
    expect([seconds, statesPerSecond, bytesPerState].every((n) => n > 0)).toBe(true);
    expect(audit.purity.runs).toBeGreaterThan(0);
    return rest;
  };
  expect(await said("packed")).toEqual(await said("lists"));
});
