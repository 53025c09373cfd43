/**
 * What a spec may ask of values and how it may write them: a value, a view of the state and a draft give one answer, and
 * the search and the interpreter give the same. Each case was once wrong in one of them.
 */
import { describe, expect, it } from "vitest";
import {
  SpecError,
  bag,
  bagOf,
  bool,
  equal,
  int,
  instantiate,
  map,
  mapOf,
  network,
  oneOf,
  optional,
  ordered,
  partial,
  record,
  seq,
  set,
  setOf,
  system,
} from "../../specs/language/index.ts";
import type { Spec } from "../../specs/language/index.ts";
import { runSearch } from "./fixtures/against-reference.ts";
import { referenceSearch } from "./reference-search.ts";

const P = ordered("P", [1, 2]);
const K = oneOf("a", "b");

/** Verdict and length by the search with and without remembering, which must be those of the interpreter. */
const verdict = async (spec: Spec): Promise<string> => {
  const options = { allowDeadlock: true };
  const text = ({ violations }: { readonly violations: readonly { readonly property: string; readonly length: number }[] }): string =>
    violations.length === 0 ? "holds" : `violated ${violations.map((v) => `${v.property} ${String(v.length)}`).join()}`;
  const reference = text(referenceSearch(instantiate(spec), options));
  for (const memoise of [true, false]) expect(text(await runSearch(instantiate(spec), options, memoise))).toBe(reference);
  return reference;
};

describe("equality", () => {
  it("of networks looks at the messages", async () => {
    const s = system({ name: "mail", variables: { n: int(0, 1), mail: network(record({ type: oneOf("M"), to: P }), { by: "to" }) } });
    const spec = (same: (now: unknown, next: unknown) => boolean): Spec =>
      s.spec({
        init: () => ({ n: 0, mail: [] }),
        actions: {
          Send: s.action({ p: P }, {
            when: ({ now, p }) => !now.mail.has({ type: "M", to: p }),
            then: ({ next, p }) => next.mail.send({ type: "M", to: p }),
          }), // prettier-ignore
          Idle: s.action({}, { then: ({ next, now }) => void (next.n = now.n === 0 ? 1 : 0) }),
        },
        actionProperties: { Constant: ({ now, next }) => same(now.mail, next.mail) },
      });
    expect(await verdict(spec(equal))).toBe("violated Constant 2");
    expect(await verdict(spec((a, b) => JSON.stringify(a) === JSON.stringify(b)))).toBe("violated Constant 2");
    expect(await verdict(spec((a, b) => String(a) === String(b)))).toBe("violated Constant 2");
    expect(await verdict(spec((a, b) => equal([{ a }], [{ a: b }])))).toBe("violated Constant 2");
  });

  it("of inboxes, too", async () => {
    const s = system({ name: "inboxes", variables: { mail: network(record({ type: oneOf("M"), to: P }), { by: "to" }) } });
    const spec = s.spec({
      init: () => ({ mail: [] }),
      actions: { Send: s.action({ p: P }, { when: ({ now, p }) => now.mail.to(p).pending("M").length === 0, then: ({ next, p }) => next.mail.send({ type: "M", to: p }) }) }, // prettier-ignore
      invariants: { Both: ({ now }) => equal(now.mail.to(1), now.mail.to(2)) },
    });
    expect(await verdict(spec)).toBe("violated Both 2");
  });

  it("of drafts within an effect", async () => {
    const s = system({ name: "drafts", variables: { seen: set(int(0, 3)), pile: bag(int(0, 3)), mail: network(record({ type: oneOf("M"), to: P }), { by: "to" }), r: record({ f: int(0, 3) }), right: bool } }); // prettier-ignore
    const spec = s.spec({
      init: () => ({ seen: [], pile: [], mail: [], r: { f: 0 }, right: true }),
      actions: {
        Ask: s.action({}, {
          then: ({ now, next }) => {
            next.seen.add(1);
            next.pile.add(2);
            next.mail.send({ type: "M", to: 1 });
            next.r.f = 2;
            next.right = [
              equal(next.seen, now.seen.with(1)), equal(next.seen, setOf(1)) === (now.seen.size === 0 || now.seen.has(1)), next.seen.has(1),
              equal(next.pile, bagOf(2)) === (now.pile.copies(2) === 0), next.pile.copies(2) === now.pile.copies(2) + 1,
              next.mail.has({ type: "M", to: 1 }), !equal(next.mail, now.mail), equal(next.r, { f: 2 }),
              JSON.stringify(next.r) === '{"f":2}', JSON.stringify(next.seen) === "[1]", Object.keys(next.r).join() === "f", "f" in next.r,
            ].every((x) => x);
          },
        }),
      }, // prettier-ignore
      constraints: { Few: ({ now }) => now.pile.copies(2) < 3 },
      invariants: { Right: ({ now }) => now.right },
    });
    expect(await verdict(spec)).toBe("holds");
  });

  it("of what is no value throws", () => {
    for (const value of [new Map(), new Set(), new Date(0), () => 1, 1n, Symbol("s"), new Error("x")])
      expect(() => equal([value], [value])).toThrow(/no value of a state/);
    expect(equal({ a: 1, b: undefined }, { a: 1 })).toBe(true);
    expect(equal({}, setOf())).toBe(false);
    expect(equal(setOf(1), bagOf(1))).toBe(true);
  });
});

it("null is a value of a partial map, and not its absence", async () => {
  const s = system({ name: "nulls", variables: { m: partial(K, optional(int(0, 1))) } });
  const spec = s.spec({
    init: () => ({ m: { a: null } }),
    actions: { Put: s.action({}, { when: ({ now }) => !("b" in now.m), then: ({ next }) => void (next.m.b = null) }) },
    invariants: {
      Null: ({ now }) => now.m.a === null && Object.values(now.m).every((v) => v === null) && (now.m.b === null) === "b" in now.m,
    },
  });
  expect(await verdict(spec)).toBe("holds");
});

describe("assignment copies", () => {
  const r = record({ f: int(0, 3) });
  it("a constant of the module", async () => {
    const blank = { f: 0 };
    const s = system({ name: "blank", variables: { via: oneOf("none", "reset", "use"), r } });
    const spec = s.spec({
      init: () => ({ via: "none", r: { f: 3 } }),
      actions: {
        Reset: s.action({}, { then: ({ next }) => { next.via = "reset"; next.r = blank; next.r.f = 1; } }),
        Use: s.action({}, { then: ({ next }) => { next.via = "use"; next.r = blank; } }),
      }, // prettier-ignore
      invariants: { UseIsBlank: ({ now }) => now.via !== "use" || now.r.f === 0, One: ({ now }) => now.via !== "reset" || now.r.f === 1 },
    });
    expect(await verdict(spec)).toBe("holds");
    expect(blank).toEqual({ f: 0 });
  });

  it("at every depth, of now, next, arguments and arrays, and of what is written after", async () => {
    const inner = { f: 0 };
    const shared = [0];
    const s = system({
      name: "copies",
      variables: { a: r, b: r, deep: record({ r, log: seq(int(0, 3)) }), m: map(P, r), p: partial(K, r), seen: set(r), step: int(0, 9) },
    });
    const once =
      (at: number) =>
      ({ now }: { readonly now: { readonly step: number } }): boolean =>
        now.step === at;
    const spec = s.spec({
      init: () => ({
        a: { f: 0 },
        b: { f: 1 },
        deep: { r: { f: 0 }, log: [] },
        m: mapOf([1, 2], () => ({ f: 0 })),
        p: {},
        seen: [],
        step: 0,
      }),
      actions: {
        FromNow: s.action({}, { when: once(0), then: ({ now, next }) => { next.step = 1; next.a = now.b; next.a.f = 2; next.m[1] = now.b; next.m[1].f = 3; next.p.a = now.b; next.p.a.f = 0; } }),
        FromNext: s.action({}, { when: once(1), then: ({ next }) => { next.step = 2; next.a = next.b; next.a.f = 3; next.m = { 1: next.b, 2: next.b }; next.m[1].f = 2; } }),
        Deep: s.action({}, { when: once(2), then: ({ next }) => { next.step = 3; next.deep.r = inner; next.deep.r.f = 2; next.deep.log = shared; shared.push(3); shared.pop(); } }),
        Swap: s.action({}, { when: once(3), then: ({ next }) => { next.step = 4; [next.a, next.b] = [next.b, next.a]; next.a.f = 0; } }),
        Element: s.action({ x: [inner] }, { when: once(4), then: ({ next, x }) => { next.step = 5; const own = { f: 1 }; next.seen.add(own); own.f = 2; next.seen.add(x); next.a = x; next.a.f = 3; } }),
        Gone: s.action({}, { when: once(5), then: ({ next }) => { next.step = 6; delete next.p.a; next.p.b = inner; } }),
      }, // prettier-ignore
      invariants: {
        FromNow: ({ now }) => now.step !== 1 || equal([now.a, now.b, now.m[1], now.p], [{ f: 2 }, { f: 1 }, { f: 3 }, { a: { f: 0 } }]),
        FromNext: ({ now }) => now.step !== 2 || equal([now.a, now.b, now.m], [{ f: 3 }, { f: 1 }, { 1: { f: 2 }, 2: { f: 1 } }]),
        Deep: ({ now }) => now.step !== 3 || equal(now.deep, { r: { f: 2 }, log: [0] }),
        Swap: ({ now }) => now.step !== 4 || equal([now.a, now.b], [{ f: 0 }, { f: 3 }]),
        Element: ({ now }) => now.step !== 5 || equal([now.seen, now.a], [setOf({ f: 0 }, { f: 1 }), { f: 3 }]),
        Gone: ({ now }) => now.step !== 6 || (equal(now.p, { b: { f: 0 } }) && !("a" in now.p)),
      },
    });
    expect(await verdict(spec)).toBe("holds");
    expect(inner).toEqual({ f: 0 });
  });

  it("and what is not assigned is read-only", async () => {
    const s = system({ name: "read-only", variables: { log: seq(r), done: bool } });
    const spec = (write: (next: { log: unknown }) => void): Spec =>
      s.spec({
        init: () => ({ log: [{ f: 0 }], done: false }),
        actions: { Write: s.action({}, { then: ({ next }) => write(next) }) },
      });
    const writes: ((next: { log: { f: number }[] }) => void)[] = [
      (next) => next.log.push({ f: 1 }),
      (next) => { if (next.log[0] !== undefined) next.log[0].f = 1; },
      (next) => { const own = [{ f: 1 }]; next.log = own; next.log.push({ f: 2 }); },
    ]; // prettier-ignore
    for (const write of writes) {
      const bad = spec(write as never); // what the types refuse
      expect(() => referenceSearch(instantiate(bad))).toThrow(SpecError);
      await expect(runSearch(instantiate(bad))).rejects.toThrow(SpecError);
    }
  });
});

describe("identity", () => {
  it("tells places apart, never values", async () => {
    const s = system({ name: "identity", variables: { log: map(P, seq(int(0, 1))), other: seq(int(0, 1)), seen: set(seq(int(0, 1))), mine: set(seq(int(0, 1))), n: int(0, 1) } }); // prettier-ignore
    const spec = s.spec({
      init: () => ({ log: mapOf([1, 2], () => []), other: [], seen: [[]], mine: [[]], n: 0 }),
      actions: {
        Append: s.action({ p: P }, { when: ({ now, p }) => now.log[p].length === 0, then: ({ now, next, p }) => void (next.log[p] = [...now.log[p], 1]) }),
        Same: s.action({ m: s.domain({}, ({ now }) => now.seen) }, {
          when: ({ now, m }) => now.log[1] === now.log[2] || now.log[1] === now.other || now.seen.toArray()[0] === now.mine.toArray()[0] || now.seen.toArray()[0] === m,
          then: ({ next }) => void (next.n = 1),
        }),
        InNext: s.action({}, { then: ({ now, next }) => void (next.n = next.log[1] === now.log[1] || next.other === now.other || now.log[1] !== now.log[1] ? 1 : 0) }),
      }, // prettier-ignore
      invariants: { Never: ({ now }) => now.n === 0 },
      actionProperties: { Changes: ({ now, next }) => now.log[1] !== next.log[1] && now.other !== next.other },
    });
    expect(await verdict(spec)).toBe("holds");
  });
});

describe("slips that would do nothing", () => {
  const s = system({ name: "slips", variables: { n: int(0, 3) } });
  it.each<[string, RegExp, () => unknown]>([
    ["an async effect", /async/, async () => Promise.resolve()],
    [
      "a generator",
      /generator/,
      function* () {
        yield 1;
      },
    ],
    [
      "an async generator",
      /generator/,
      async function* () {
        yield Promise.resolve(1);
      },
    ],
  ])("%s", async (_, message, then) => {
    // prettier-ignore
    const spec = s.spec({ init: () => ({ n: 0 }), actions: { A: s.action({}, { then: then }) } });
    expect(() => referenceSearch(instantiate(spec))).toThrow(message);
    await expect(runSearch(instantiate(spec))).rejects.toThrow(message);
  });

  it("choices and initial states that are given twice count once", async () => {
    const lists = [[1], [1]] as const;
    const records = [{ a: 1 }, { a: 1 }] as const;
    const spec = s.spec({
      init: () => [{ n: 0 }, { n: 0 }, { n: 1 }],
      actions: {
        Numbers: s.action({ k: [1, 1] }, { then: () => undefined }),
        Records: s.action({ k: records }, { then: () => undefined }),
        Computed: s.action({ k: () => [1, 1, 2] }, { then: () => undefined }),
        OfState: s.action({ k: s.domain({}, () => lists) }, { then: () => undefined }),
      },
    });
    const result = await runSearch(instantiate(spec));
    expect(result).toMatchObject({ generated: 2 + 2 * (1 + 1 + 2 + 1), distinct: 2 });
    expect(referenceSearch(instantiate(spec))).toMatchObject({ generated: result.generated });
  });
});
