import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encode } from "../../specs/language/codec.ts";
import { LockstepError, instantiate, int, system } from "../../specs/language/index.ts";
import { viewstampedReplication } from "../../specs/viewstamped-replication/spec.ts";
import { schemaAndValue } from "../interpret/fixtures/arbitrary-values.ts";
import { mailboxSpec } from "../interpret/fixtures/example-specs.ts";
import { replay } from "../interpret/replay.ts";
import { simulate } from "../interpret/simulate.ts";
import type { Trace } from "../trace.ts";
import { fromItf, itfText, readItf, toItf } from "./itf.ts";
import { checkedValue, readArgument, readValue, writeArgument, writeValue } from "./itf-values.ts";

const mailbox = instantiate(mailboxSpec, { constants: { nodes: 2 } });
const traceOf = (seed: number): Trace => {
  const { violation } = simulate(mailbox, { seed, maxSteps: 30, maxSamples: 50 });
  if (violation === undefined) throw new Error("no violation found");
  return violation;
};
const trace = traceOf(1);
/** The file as an object that a test may damage. */
const parsed = (): Record<string, never> => JSON.parse(itfText(trace, mailbox)) as Record<string, never>;
const damaged = (damage: (file: Record<string, never>) => unknown): string => {
  const file = parsed();
  damage(file);
  return JSON.stringify(file);
};
const messageOf = (text: string): string => {
  try {
    fromItf(readItf(text), mailbox);
  } catch (error) {
    if (error instanceof LockstepError && error.kind === "io") return error.message;
    throw error;
  }
  return "read";
};

describe("ITF values", () => {
  it("round-trip under every schema", () => {
    fc.assert(
      fc.property(schemaAndValue, ([schema, value]) => {
        const written: unknown = JSON.parse(JSON.stringify(writeValue(schema, value, "x")));
        const back = readValue(schema, checkedValue(written, "x"), "x");
        expect(encode(schema, back, "x")).toBe(encode(schema, value, "x"));
        expect(JSON.stringify(writeValue(schema, back, "x"))).toBe(JSON.stringify(written));
      }),
    );
  });
  it("round-trip as arguments, by shape", () => {
    const message = { type: "Offer", value: "v1", parts: [1, { x: true }], none: null };
    expect(readArgument(writeArgument(message, "m"), "m")).toEqual(message);
    expect(readArgument(writeArgument({ type: "Ping" }, "m"), "m")).toEqual({ type: "Ping" });
    expect(writeArgument([1, "a"], "m")).toEqual([{ "#bigint": "1" }, "a"]);
  });
});

describe("ITF files", () => {
  it("have the form that Apalache and Quint read", () => {
    expect(toItf(trace, mailbox)).toMatchObject({
      "#meta": { format: "ITF", status: "violation", model: "mailbox", violated: trace.violated, minimal: false },
      vars: ["mbt::actionTaken", "mbt::nondetPicks", "nodes", "messages", "purse", "accepted", "offered"],
      states: {
        0: {
          "#meta": { index: 0 },
          "mbt::actionTaken": "init",
          "mbt::nondetPicks": { v: { tag: "None", value: { "#tup": [] } } },
          purse: {
            "#map": [
              ["v1", { "#bigint": "1" }],
              ["v2", { "#bigint": "1" }],
            ],
          },
          accepted: { "#set": [] },
        },
        1: { "mbt::actionTaken": "Offer", "mbt::nondetPicks": { v: { tag: "Some" }, m: { tag: "None" } } },
      },
    });
  });
  it("give the trace back, byte for byte, and it replays", () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const original = traceOf(seed);
        const text = itfText(original, mailbox);
        const back = fromItf(readItf(text), mailbox);
        expect({ ...back, steps: [] }).toEqual({ ...original, steps: [] });
        expect(itfText(back, mailbox)).toBe(text);
        expect(replay(mailbox, back)).toEqual({ ok: true });
      }),
      { numRuns: 20 },
    );
  });
  it("round-trip on viewstamped replication", () => {
    const instance = instantiate(viewstampedReplication);
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const { violation } = simulate(instance, { seed, maxSteps: 200, maxSamples: 1, invariants: [] });
        if (violation === undefined) throw new Error("the walk did not reach the end of its bounds");
        expect(replay(instance, fromItf(readItf(itfText(violation, instance)), instance))).toEqual({ ok: true });
      }),
      { numRuns: 5 },
    );
  });
});

describe("ITF files from outside", () => {
  type Loose = Record<string, Record<string, unknown>>;
  const state = (file: Record<string, never>, i: number): Loose => (file["states"] as unknown as readonly Loose[])[i] ?? {};
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ["truncated", itfText(trace, mailbox).slice(0, 400), /^trace: not JSON: /],
    ["empty", "", /^trace: not JSON: /],
    ["not an object", "[]", /^trace: /],
    ["null", "null", /^trace: /],
    ["no states", damaged((f) => (f["states"] = [] as never)), /^states: /],
    ["a wrong format", damaged((f) => ((f["#meta"] as unknown as Loose)["format"] = "XYZ" as never)), /^#meta\.format: /],
    [
      "a fractional constant",
      damaged((f) => ((f["#meta"] as unknown as Loose)["constants"] = { nodes: 1.5 })),
      /^#meta\.constants\.nodes: /,
    ],
    ["a missing variable", damaged((f) => delete state(f, 2)["purse"]), /^states\[2\]: the variable purse is missing$/],
    ["an undeclared variable", damaged((f) => (state(f, 2)["extra"] = {})), /^states\[2\]\.extra: not among the vars of the trace$/],
    ["a wrong index", damaged((f) => (state(f, 2)["#meta"] = { index: 7 })), /^states\[2\]\.#meta\.index: is 7, expected 2$/],
    ["a plain number", damaged((f) => (state(f, 1)["accepted"] = 3 as never)), /^states\[1\]\.accepted: the number 3 must be written/],
    ["a null", damaged((f) => (state(f, 1)["accepted"] = null as never)), /^states\[1\]\.accepted: null is not an ITF value$/],
    ["an unserializable", damaged((f) => (state(f, 1)["accepted"] = { "#unserializable": "x" })), /#unserializable is not a form of ITF/],
    ["a wrong kind", damaged((f) => (state(f, 1)["accepted"] = { "#map": [] })), /^states\[1\]\.accepted: expected \{"#set": \[…\]\}$/],
    [
      "a wrong element",
      damaged((f) => (state(f, 1)["accepted"] = { "#set": ["v9"] })),
      /^states\[1\]: TypeOK: accepted\{…\} is "v9", expected one of v1, v2$/,
    ],
    [
      "a key twice",
      damaged(
        (f) =>
          (state(f, 1)["offered"] = {
            "#map": [
              ["v1", true],
              ["v1", true],
            ],
          }),
      ),
      /offered: the key v1 comes twice$/,
    ],
    ["a negative count", damaged((f) => (state(f, 1)["purse"] = { "#map": [["v1", { "#bigint": "-1" }]] })), /a count cannot be negative$/],
    [
      "digits that are none",
      damaged((f) => (state(f, 1)["purse"] = { "#map": [["v1", { "#bigint": "1e3" }]] })),
      /#bigint must hold an integer/,
    ],
    [
      "an action that is no string",
      damaged((f) => (state(f, 1)["mbt::actionTaken"] = true as never)),
      /^states\[1\]\.mbt::actionTaken: expected the name/,
    ],
    ["no actions", damaged((f) => (f["vars"] = ["nodes"] as never)), /^vars: mbt::actionTaken is missing/],
    ["a loop to nowhere", damaged((f) => (f["loop"] = 99 as never)), /^loop: 99 is not the index of a state$/],
    [
      "other constants",
      itfText(trace, mailbox).replace('"nodes":2', '"nodes":3'),
      /^#meta\.constants\.nodes: the trace was made with 3, the spec here has 2$/,
    ],
    [
      "deep nesting",
      damaged((f) => (state(f, 1)["accepted"] = JSON.parse(`${"[".repeat(90)}${"]".repeat(90)}`) as never)),
      /nested more than 64 deep$/,
    ],
  ];
  it.each(cases)("%s", (_, text, message) => {
    expect(messageOf(text)).toMatch(message);
    expect(messageOf(text)).not.toContain("\n");
  });
  it("a byte order mark is no fault", () => {
    expect(messageOf(`\uFEFF${itfText(trace, mailbox)}`)).toBe("read");
  });
  it("too many states", () => {
    expect(messageOf(damaged((f) => (f["states"] = new Array(100_001).fill({}) as never)))).toBe(
      "states: 100001 states, at most 100000 are read",
    );
  });
  it("too much text", () => {
    expect(messageOf(" ".repeat(64 * 1024 * 1024 + 1))).toMatch(/^trace: more than 64 MiB of text$/);
  });
  it("a variable of another spec", () => {
    const text = itfText(trace, mailbox).replaceAll('"purse"', '"wallet"');
    expect(messageOf(text)).toBe("vars: mailbox has no variable wallet");
  });
  it("never fails in another way, whatever is changed", () => {
    const text = itfText(trace, mailbox);
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.string({ maxLength: 3 }), fc.nat(5), (at, insert, cut) => {
        expect(messageOf(text.slice(0, at) + insert + text.slice(at + cut))).toBeTypeOf("string");
      }),
      { numRuns: 200 },
    );
  });
});

it("gives each action its arguments in the order of its own parameters", () => {
  const sys = system({ name: "orders", variables: { n: int(0, 9) } });
  const add = (a: number, b: number, now: { readonly n: number }, next: { n: number }): void => void (next.n = (now.n + a + b) % 10);
  const spec = sys.spec({
    init: () => ({ n: 0 }),
    actions: {
      First: sys.action({ a: [1], b: [2] }, { when: ({ now }) => now.n === 0, then: ({ now, next, a, b }) => add(a, b, now, next) }),
      Second: sys.action({ b: [3], a: [4] }, { when: ({ now }) => now.n === 3, then: ({ now, next, a, b }) => add(a, b, now, next) }),
    },
    invariants: { NotZero: ({ now }) => now.n !== 0 },
  });
  const instance = instantiate(spec);
  const step = (action: string | undefined, args: Readonly<Record<string, number>>, n: number) => ({
    action,
    arguments: args,
    location: "",
    state: { n },
  });
  const steps = [step(undefined, {}, 0), step("First", { a: 1, b: 2 }, 3), step("Second", { b: 3, a: 4 }, 0)];
  const orders: Trace = { model: "orders", constants: {}, design: {}, violated: undefined, minimal: false, steps };
  const back = fromItf(readItf(itfText(orders, instance)), instance);
  expect(back.steps.map((s) => Object.entries(s.arguments))).toEqual(steps.map((s) => Object.entries(s.arguments)));
});
