import { describe, expect, it } from "vitest";
import { bool, instantiate, int, names, seq, set, symmetric, system } from "../../specs/language/index.ts";
import { LockstepError, SpecError } from "../../specs/language/index.ts";
import { dieHard } from "../../specs/classics/die-hard.ts";
import { viewstampedReplication } from "../../specs/viewstamped-replication/spec.ts";
import { faultySpec } from "../interpret/fixtures/example-specs.ts";
import { deepSpec, subsetsSpec } from "./fixtures/shape-specs.ts";
import { MEMORY, runSearch } from "./fixtures/against-reference.ts";

const vr = () => instantiate(viewstampedReplication, { constants: { values: 1, startViewOnTimerLimit: 1 } });
const plain = { allowDeadlock: true, symmetry: false, reductions: false };

describe("a bound makes the verdict inconclusive", () => {
  it("depth, counted in levels", async () => {
    const all = await runSearch(instantiate(subsetsSpec), { invariants: [] });
    for (const maxDepth of [1, 2, 5]) {
      const result = await runSearch(instantiate(subsetsSpec), { invariants: [], maxDepth });
      expect(result).toMatchObject({ verdict: "inconclusive", bound: { kind: "depth", limit: maxDepth }, depth: maxDepth });
      expect(result.levels).toEqual(all.levels.slice(0, maxDepth));
    }
    expect(await runSearch(instantiate(subsetsSpec), { invariants: [], maxDepth: 99 })).toMatchObject({
      verdict: "holds",
      bound: undefined,
    });
  });
  it("but not one that is reached with the last level", async () => {
    const { depth } = await runSearch(instantiate(dieHard), { invariants: [] });
    const result = await runSearch(instantiate(dieHard), { invariants: [], maxDepth: depth + 1 });
    expect(result).toMatchObject({ verdict: "holds", bound: undefined, depth });
  });
  it("states", async () => {
    const result = await runSearch(vr(), { ...plain, maxStates: 500 });
    expect(result).toMatchObject({ verdict: "inconclusive", bound: { kind: "states", limit: 500 } });
    expect(result.distinct).toBeGreaterThanOrEqual(500);
    expect(result.distinct).toBe(result.levels.reduce((a, b) => a + b));
  });
  it("time", async () => {
    const result = await runSearch(vr(), { ...plain, timeoutMs: 1 });
    expect(result).toMatchObject({ verdict: "inconclusive", bound: { kind: "time", limit: 1 } });
  });
  it.each([1e3, 1e5, 2e6])("memory of %d bytes", async (memoryBytes) => {
    const result = await runSearch(vr(), { ...plain, memoryBytes });
    expect(result).toMatchObject({ verdict: "inconclusive", bound: { kind: "memory", limit: memoryBytes } });
  });
  it("an interruption, with its reason", async () => {
    const before = await runSearch(vr(), { ...plain, interrupted: () => "SIGINT" });
    expect(before).toMatchObject({ verdict: "inconclusive", bound: { kind: "interrupted", reason: "SIGINT" } });
    let polls = 0;
    await runSearch(vr(), { ...plain, interrupted: () => (++polls < 0 ? "never" : undefined) });
    polls -= 8; // it is polled while the search is set up, for each initial state and each of its 24 levels
    const later = await runSearch(vr(), { ...plain, interrupted: () => (--polls < 0 ? "enough" : undefined) });
    expect(later).toMatchObject({ verdict: "inconclusive", bound: { kind: "interrupted", reason: "enough" } });
    expect(later.distinct).toBeGreaterThan(before.distinct);
  });
  it("and a violation found before it still counts", async () => {
    const result = await runSearch(instantiate(deepSpec, { constants: { end: 100 } }), { maxDepth: 100 });
    expect(result).toMatchObject({ verdict: "violated", violation: { property: "NotYet", length: 100 } });
  });
});

describe("slips of a model or a spec are named", () => {
  const step = faultySpec({ then: ({ now, next }) => void (next.n = (now.n + 1) % 4) });
  it("properties that do not exist", async () => {
    await expect(runSearch(instantiate(step), { invariants: ["Nope"] })).rejects.toThrow(/faulty has no invariant Nope; it has none/);
    await expect(runSearch(instantiate(step), { actionProperties: ["Nope"] })).rejects.toThrow(LockstepError);
  });

  type Body = Parameters<typeof faultySpec>[0];
  let calls = 0;
  /** Random enough for a spec, but never the same twice in a row, so that the test cannot fail by chance. */
  const chance = (): number => (calls = (5 * calls + 3) % 16) / 16;
  const bodies: Readonly<Record<string, readonly [Body, RegExp]>> = {
    "a guard that throws": [{ when: () => unreachable(), then: () => undefined }, /action Step\(k=1\) .*no such thing/],
    "a guard that is no truth value": [
      { when: (() => 1) as unknown as () => boolean, then: () => undefined },
      /Step.* 1 instead of true or false/,
    ],
    "an effect that throws": [{ then: () => unreachable() }, /Step.*no such thing/],
    chance: [{ then: ({ next }) => void (next.n = Math.floor(chance() * 16) % 4) }, /Step.*not pure/],
    "a guard by chance": [
      { when: () => Math.floor(chance() * 16) % 2 === 0, then: ({ now, next }) => void (next.n = (now.n + 1) % 4) },
      /Step.*not pure/,
    ],
    "a counter outside": [{ then: ({ next }) => void (next.n = ++calls % 4) }, /Step.*not pure/],
    "a write to now": [{ then: ({ now }) => void ((now as { n: number }).n = 1) }, /Step.*writes to now/],
    "a write into now": [{ then: ({ now }) => void ((now.box.inner as { x: number }).x = 1) }, /Step.*writes to now/],
    "a push to a sequence of now": [{ then: ({ now }) => void (now.list as number[]).push(1) }, /Step.*writes to now/],
    "a variable that does not exist": [{ then: ({ next }) => void ((next as unknown as { m: number }).m = 1) }, /Step/],
    "a number out of range": [{ then: ({ now, next }) => void (next.n = now.n + 1) }, /Step.*n is 4, expected an integer from 0 to 3/],
    "an element out of range": [{ then: ({ next }) => next.members.add(9) }, /Step.*members\{…\} is 9/],
    "a missing value": [{ then: ({ next }) => void (next.n = undefined as unknown as number) }, /Step.*n is undefined/],
    "a removal from an empty bag": [{ then: ({ next }) => next.pile.remove(3) }, /action Step\(k=1\).*pile\.remove: 3/],
    "two removals of one element": [
      {
        then: ({ next }) => {
          next.pile.remove(1);
          next.pile.remove(1);
        },
      },
      /action Step\(k=1\).*pile\.remove: 1/,
    ],
    "a discard of what was never sent": [
      { then: ({ next }) => next.mail.discard({ type: "Ping", dest: 1 }) },
      /action Step.*mail\.discard/,
    ],
    "a destination that does not exist": [
      { then: ({ next }) => next.mail.send({ type: "Ping", dest: 3 }) },
      /action Step.*no destination 3/,
    ],
    "a set that is assigned": [{ then: ({ next }) => void ((next as { members: unknown }).members = []) }, /Step.*members is not a set/],
    "too many copies": [{ then: ({ next }) => next.pile.add(1) }, /action Step.*over 255/],
  };
  it.each(Object.entries(bodies))("%s", async (_, [body, message]) => {
    for (const memoise of [true, false]) {
      const result = runSearch(instantiate(faultySpec(body)), {}, memoise);
      await expect(result).rejects.toThrow(SpecError);
      await expect(result).rejects.toThrow(message);
    }
  });
  it("predicates that throw, or do not say true or false", async () => {
    const effect: Body = { then: ({ now, next }) => void (next.n = (now.n + 1) % 4) };
    const throwing = faultySpec(effect, { Suspect: ({ now }) => now.n < 2 || unreachable() });
    await expect(runSearch(instantiate(throwing))).rejects.toThrow(/invariant Suspect threw no such thing .*n:2/);
    const silent = faultySpec(effect, { Suspect: (() => undefined) as unknown as () => boolean });
    await expect(runSearch(instantiate(silent))).rejects.toThrow(/invariant Suspect gives undefined/);
  });
  it("an enum value that does not exist", async () => {
    const Value = symmetric("Value", names("v", 2));
    const sys = system({ name: "enum", variables: { v: Value } });
    const spec = sys.spec({
      init: () => ({ v: "v1" }),
      actions: { Step: sys.action({}, { then: ({ next }) => void (next.v = "v3" as "v1") }) },
    });
    await expect(runSearch(instantiate(spec), { symmetry: false })).rejects.toThrow(/Step.*v is "v3", expected one of v1, v2/);
  });
});

function unreachable(): never {
  throw new Error("no such thing");
}

it("questions about what a schema does not allow are answered, not refused", async () => {
  const sys = system({ name: "asks", variables: { members: set(int(0, 2)), log: seq(int(0, 2)), done: bool } });
  const spec = sys.spec({
    init: () => ({ members: [0], log: [], done: false }),
    actions: {
      Ask: sys.action({}, { when: ({ now }) => !now.done && !now.members.has(3), then: ({ next }) => void (next.done = true) }),
    },
  });
  expect(await runSearch(instantiate(spec), { allowDeadlock: true })).toMatchObject({ verdict: "holds", distinct: 2 });
});

it("reports progress and the counts of actions", async () => {
  const depths: number[] = [];
  const result = await runSearch(vr(), { ...plain, maxDepth: 14, onProgress: (p) => depths.push(p.depth), memoryBytes: MEMORY });
  expect(depths).toEqual(depths.toSorted((a, b) => a - b));
  const counts = Object.values(result.actions);
  expect(counts.reduce((sum, c) => sum + c.generated, 0)).toBe(result.generated - 1);
  expect(counts.reduce((sum, c) => sum + c.distinct, 0)).toBe(result.distinct - 1);
  expect(result.neverFired).toEqual(Object.keys(result.actions).filter((name) => result.actions[name]?.generated === 0));
});
