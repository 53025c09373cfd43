/** Breadth first, the first bad thing is what is reported: whatever is run ahead of it, and whatever goes wrong behind it. */
import { describe, expect, it } from "vitest";
import { bool, instantiate, int, map, mapOf, ordered, system } from "../../specs/language/index.ts";
import type { Spec } from "../../specs/language/index.ts";
import { replay } from "../interpret/replay.ts";
import { runSearch } from "./fixtures/against-reference.ts";
import { SpecFault } from "./result/spec-fault.ts";

const counting = system({ name: "counting", variables: { n: int(0, 9), done: bool } });
const Inc = counting.action({ by: [1, 2] }, { then: ({ now, next, by }) => void (next.n = now.n + by) });
const init = () => ({ n: 0, done: false });

const faultIn = async (spec: Spec, memoise = true): Promise<SpecFault> => {
  const fault: unknown = await runSearch(instantiate(spec), { allowDeadlock: true }, memoise).catch((error: unknown) => error);
  if (!(fault instanceof SpecFault)) throw new Error(`no fault: ${String(fault)}`);
  expect(replay(instantiate(spec), fault.trace)).toEqual({ ok: true });
  return fault;
};

describe("a violation comes before what is wrong behind it", () => {
  it.each<[string, Partial<Parameters<typeof counting.spec>[0]>]>([
    ["a type that is left", {}],
    [
      "a guard that throws",
      {
        actions: {
          Inc,
          Bad: counting.action(
            {},
            {
              when: ({ now }) => {
                if (now.n > 4) throw new Error("bad");
                return false;
              },
              then: () => undefined,
            },
          ),
        },
      },
    ],
    [
      "an invariant that throws",
      {
        invariants: {
          Small: ({ now }) => now.n < 3,
          Bad: ({ now }) => {
            if (now.n > 5) throw new Error("bad");
            return true;
          },
        },
      },
    ],
    [
      "an invariant that gives no answer",
      { invariants: { Small: ({ now }) => now.n < 3, Bad: ({ now }) => (now.n > 5 ? (undefined as never) : true) } },
    ],
    [
      "an impure action",
      { actions: { Inc, Bad: counting.action({}, { when: ({ now }) => now.n > 4 && Math.random() < 0.5, then: () => undefined }) } },
    ],
  ])("%s", async (_, parts) => {
    // prettier-ignore
    const spec = counting.spec({ init, actions: { Inc }, invariants: { Small: ({ now }) => now.n < 3 }, ...parts });
    for (const memoise of [true, false])
      expect(await runSearch(instantiate(spec), {}, memoise)).toMatchObject({
        verdict: "violated",
        violation: { property: "Small", length: 3 },
      });
    expect(await runSearch(instantiate(spec), { maxDepth: 2 })).toMatchObject({ verdict: "inconclusive", distinct: 3, generated: 3 });
    expect(await runSearch(instantiate(spec), { maxDepth: 1 })).toMatchObject({ verdict: "inconclusive", distinct: 1, generated: 1 });
  });
});

describe("a fault of the spec comes with its shortest behaviour", () => {
  it("a type that is left", async () => {
    for (const memoise of [true, false]) {
      const fault = await faultIn(counting.spec({ init, actions: { Inc } }), memoise);
      expect(fault.message).toMatch(/action Inc\(by=2\) in the state \{done:false,n:8\}: TypeOK: n is 10, expected an integer from 0 to 9/);
      expect(fault.trace.steps.map((s) => s.state["n"])).toEqual([0, 2, 4, 6, 8]);
      expect(fault.call).toMatchObject({
        action: "Inc",
        arguments: { by: 2 },
        location: expect.stringMatching(/order\.test\.ts:\d+$/) as string,
      });
    }
  });
  it("a predicate that throws, in the state in which it does", async () => {
    const spec = counting.spec({ init, actions: { Inc }, invariants: { Odd: ({ now }) => { if (now.n === 5) throw new Error("five"); return true; } } }); // prettier-ignore
    const fault = await faultIn(spec);
    expect(fault.message).toMatch(/invariant Odd threw five/);
    expect(fault.trace.steps.map((s) => s.state["n"])).toEqual([0, 1, 3, 5]);
    expect(fault.call).toBeUndefined();
  });
  it("before a violation that is further away", async () => {
    const spec = counting.spec({ init, actions: { Inc }, invariants: { Small: ({ now }) => now.n < 9 } });
    const wrong = counting.spec({ init, actions: { Inc, Bad: counting.action({}, { when: ({ now }) => now.n === 4, then: ({ next }) => void (next.n = -1) }) }, invariants: { Small: ({ now }) => now.n < 9 } }); // prettier-ignore
    expect(await runSearch(instantiate(spec))).toMatchObject({ violation: { length: 6 } });
    expect((await faultIn(wrong)).trace.steps).toHaveLength(3);
  });
  it("where a change is made that was remembered from another state", async () => {
    // The effect of Take looks at nothing: it is run once, and fails later, where nothing is left to take.
    const P = ordered("P", [1, 2]);
    const s = system({ name: "take", variables: { left: map(P, int(0, 3)), total: int(0, 3) } });
    const spec = s.spec({
      init: () => ({ left: mapOf([1, 2], () => 3), total: 3 }),
      actions: { Take: s.action({ p: P }, { when: ({ now, p }) => now.left[p] > 0, then: ({ now, next, p }) => { next.left[p] = now.left[p] - 1; next.total = now.total - 1; } }) }, // prettier-ignore
    });
    const fault = await faultIn(spec);
    expect(fault.message).toMatch(/Take\(p=[12]\).*total is -1/);
    expect(fault.trace.steps).toHaveLength(4);
  });
});
