import { describe, expect, it } from "vitest";
import {
  SpecError,
  bag,
  bool,
  instantiate,
  int,
  map,
  mapOf,
  names,
  optional,
  set,
  setOf,
  symmetric,
  system,
} from "../../../specs/language/index.ts";
import type { Spec } from "../../../specs/language/index.ts";
import { runSearch } from "../fixtures/against-reference.ts";

const members = names("v", 3);
const Value = symmetric("Value", members);
const choosing = system({ name: "choosing", variables: { chosen: optional(Value), seen: set(Value), rank: map(Value, optional(Value)) } });
const init = () => ({ chosen: null, seen: setOf<"v1" | "v2">(), rank: mapOf(members, () => null) });

const See = choosing.action({ v: Value }, { when: ({ now, v }) => !now.seen.has(v), then: ({ next, v }) => next.seen.add(v) });
const Choose = choosing.action(
  { v: Value },
  {
    when: ({ now, v }) => now.chosen === null && now.seen.has(v),
    then: ({ next, v }) => {
      next.chosen = v;
      next.rank[v] = v;
    },
  },
);
const parts = { init, actions: { See, Choose } };

const check = (spec: Spec, memoise: boolean): Promise<unknown> =>
  runSearch(instantiate(spec), { allowDeadlock: true, continueAfterViolation: true }, memoise);
const wrong: Readonly<Record<string, Spec>> = {
  "a guard that treats a member specially": choosing.spec({
    ...parts,
    actions: { See, Suspect: choosing.action({ v: Value }, { when: ({ v }) => v !== "v2", then: ({ next, v }) => next.seen.add(v) }) },
  }),
  "a guard that compares members": choosing.spec({
    ...parts,
    actions: {
      See,
      Choose,
      Suspect: choosing.action(
        { v: Value },
        { when: ({ now, v }) => now.chosen !== null && now.chosen < v, then: ({ next }) => void (next.chosen = null) },
      ),
    },
  }),
  "an effect that picks the least member": choosing.spec({
    ...parts,
    actions: {
      See,
      Suspect: choosing.action(
        {},
        { when: ({ now }) => now.seen.size === 2, then: ({ now, next }) => void (next.chosen = [...now.seen].sort()[0] ?? null) },
      ),
    },
  }),
  "an effect that names a member": choosing.spec({
    ...parts,
    actions: {
      See,
      Suspect: choosing.action({}, { when: ({ now }) => now.seen.size === 2, then: ({ next }) => void (next.chosen = "v1") }),
    },
  }),
  "a domain that names a member": choosing.spec({
    ...parts,
    actions: {
      See,
      Suspect: choosing.action({ v: choosing.domain({}, () => ["v3"] as const) }, { then: ({ next, v }) => void (next.chosen = v) }),
    },
  }),
  "an invariant that names a member": choosing.spec({ ...parts, invariants: { Suspect: ({ now }) => now.chosen !== "v2" } }),
  "a witness that names a member": choosing.spec({ ...parts, witnesses: { Suspect: ({ now }) => now.rank.v3 !== null } }),
  "a constraint that names a member": choosing.spec({ ...parts, constraints: { Suspect: ({ now }) => !now.seen.has("v1") } }),
  "a property of steps that names a member": choosing.spec({
    ...parts,
    actionProperties: { Suspect: ({ now, next }) => now.seen.has("v1") || !next.seen.has("v1") },
  }),
};

describe("a set is not symmetric with", () => {
  it.each(Object.entries(wrong).flatMap(([what, spec]) => [true, false].map((memoise) => ({ what, spec, memoise }))))(
    "$what (memo: $memoise)",
    async ({ spec, memoise }) => {
      const result = check(spec, memoise);
      await expect(result).rejects.toThrow(SpecError);
      await expect(result).rejects.toThrow(
        /the set Value of choosing is declared symmetric, but .*Suspect.* does not treat its members alike/,
      );
      // Without symmetry there is nothing wrong with any of them.
      expect(await runSearch(instantiate(spec), { symmetry: false, allowDeadlock: true })).toMatchObject({ bound: undefined });
    },
  );
});

it("initial states need not be symmetric", async () => {
  const spec = choosing.spec({
    ...parts,
    init: () => ({ ...init(), seen: ["v2"] }),
    invariants: { NotChosen: ({ now }) => !(now.seen.size === 3 && now.chosen !== null) },
  });
  const [plain, reduced] = await Promise.all(
    [false, true].map((symmetry) => runSearch(instantiate(spec), { symmetry, allowDeadlock: true })),
  );
  expect(plain).toMatchObject({ verdict: "violated", violation: { property: "NotChosen", length: 4 } });
  expect(reduced).toMatchObject({ verdict: "violated", violation: { property: "NotChosen", length: 4 } });
  expect(reduced?.distinct).toBeLessThan(plain?.distinct ?? 0);
});

describe("where only permuted states, which the search does not visit, would show it", () => {
  // Of the states with one large counter, one stands for all: if it is not v1's, no visited state has a large x.v1.
  const counters = system({ name: "counters", variables: { x: map(Value, int(0, 20)), flag: bool } });
  const Raise = counters.action({ v: Value }, { then: ({ now, next, v }) => void (next.x[v] = now.x[v] + 1) });
  const parts = {
    init: () => ({ x: mapOf(members, () => 0), flag: false }),
    constraints: {
      Few: ({ now: { x } }: { readonly now: { readonly x: Readonly<Record<"v1" | "v2" | "v3", number>> } }) => x.v1 + x.v2 + x.v3 <= 14,
    },
  };
  const suspects = (member: "v1" | "v2" | "v3"): Readonly<Record<string, Spec>> => ({
    "an invariant": counters.spec({ ...parts, actions: { Raise }, invariants: { Suspect: ({ now }) => now.x[member] !== 13 } }),
    "a guard": counters.spec({ ...parts, actions: { Raise, Suspect: counters.action({}, { when: ({ now }) => now.x[member] === 13 && !now.flag, then: ({ next }) => void (next.flag = true) }) } }),
    "a domain": counters.spec({ ...parts, actions: { Raise, Suspect: counters.action({ v: counters.domain({}, ({ now }) => (now.x[member] === 13 ? members : [])) }, { then: ({ next }) => void (next.flag = true) }) } }),
    "a step": counters.spec({ ...parts, actions: { Raise }, actionProperties: { Suspect: ({ now, next }) => now.x[member] !== 12 || next.x[member] !== 13 } }),
  }); // prettier-ignore
  const cases = (["v1", "v2", "v3"] as const).flatMap((member) =>
    Object.entries(suspects(member)).map(([what, spec]) => ({ member, what, spec })),
  );
  it.each(cases.flatMap((c) => [true, false].map((memoise) => ({ ...c, memoise }))))(
    "$what that names $member (memo: $memoise)",
    async ({ spec, memoise }) => {
      const run = runSearch(instantiate(spec), { allowDeadlock: true, continueAfterViolation: true }, memoise);
      await expect(run).rejects.toThrow(/Suspect.* does not treat its members alike/);
    },
  ); // prettier-ignore
});

it.each([true, false])("what can be done in no permuted state is a fault of its action (memo: %s)", async (memoise) => {
  const piles = system({ name: "piles", variables: { pile: bag(Value) } });
  const spec = piles.spec({
    init: () => members.map((v) => ({ pile: Array.from({ length: 255 }, () => v) })),
    actions: { One: piles.action({}, { then: ({ next }) => next.pile.add("v1") }) },
  });
  await expect(runSearch(instantiate(spec), {}, memoise)).rejects.toMatchObject({
    message: expect.stringMatching(/action One\(\).* over 255/) as string,
    call: { action: "One" },
  });
});
