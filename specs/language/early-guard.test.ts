import { describe, expect, it } from "vitest";
import { search } from "../../explorer/search/index.ts";
import { successors } from "../../explorer/interpret/index.ts";
import { instantiate, int, system } from "./index.ts";
import { earlyConjuncts, namesRead } from "./early-guard.ts";

type Scope = { readonly now: number; readonly p: number; readonly q: number };

describe("what a conjunct reads", () => {
  it("is what its pattern names", () => {
    expect(namesRead(({ now, q }: Scope) => now < q)).toEqual(["now", "q"]);
    expect(namesRead(({ p: other }: Scope) => other > 1)).toEqual(["p"]);
    expect(namesRead(() => true)).toEqual([]);
    const named = function guard({ now, p }: Scope) {
      return now === p;
    };
    expect(namesRead(named)).toEqual(["now", "p"]);
  });
  it("is unknown where it takes the scope as a whole", () => {
    expect(namesRead((scope: Scope) => scope.p > 1)).toBeUndefined();
    expect(namesRead(({ now, ...rest }: Scope) => rest.p > now)).toBeUndefined();
    expect(namesRead(Boolean.bind(undefined))).toBeUndefined();
  });
});

describe("early conjuncts", () => {
  const now = ({ now: n }: Scope) => n > 0;
  const p = ({ p: x }: Scope) => x > 0;
  const q = ({ q: x }: Scope) => x > 0;
  it("are those at the start that name what is chosen", () => {
    expect(earlyConjuncts(["p", "q"], [now, p, q])).toEqual([1, 2]);
    expect(earlyConjuncts(["p", "q"], [p, now])).toEqual([0, 2]);
    expect(earlyConjuncts(["p", "q"], [q, now])).toEqual([0, 0]);
    expect(earlyConjuncts([], [now])).toEqual([]);
  });
});

describe("a domain behind a guard", () => {
  let made = 0;
  const counter = system({ name: "counter", variables: { n: int(0, 60) } });
  const many = counter.domain({}, ({ now }) => {
    made++;
    return Array.from({ length: 20_000 }, (_, i) => i + now.n);
  });
  const spec = counter.spec({
    init: () => ({ n: 0 }),
    actions: {
      Count: counter.action({}, { when: ({ now }) => now.n < 60, then: ({ now, next }) => void (next.n = now.n + 1) }),
      Pick: counter.action({ x: many }, { when: [({ now }) => now.n === 60, ({ x }) => x === 77], then: ({ next }) => void (next.n = 0) }),
    },
  });
  it("is computed only where the guard of the parameters so far holds", async () => {
    const instance = instantiate(spec);
    expect(await search(instance)).toMatchObject({ verdict: "holds", distinct: 61, generated: 62 });
    expect(made).toBeLessThan(10); // each run may be made twice, to see whether it is pure
    made = 0;
    expect(successors(instance, { n: 3 }).map((s) => s.action)).toEqual(["Count"]);
    expect(made).toBe(0);
    expect(successors(instance, { n: 60 }).map((s) => s.arguments)).toEqual([{ x: 77 }]);
    expect(made).toBe(1);
  });
});
