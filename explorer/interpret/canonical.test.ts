import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decode, encode, permute } from "../../specs/language/codec.ts";
import type { Permutation } from "../../specs/language/codec.ts";
import { canonicalText, equal } from "../../specs/language/collections.ts";
import { instantiate } from "../../specs/language/index.ts";
import { permutationsOfBoth, schemaAndValue } from "./fixtures/arbitrary-values.ts";
import { canonicalState, stateText } from "./canonical.ts";
import { mailboxSpec } from "./fixtures/example-specs.ts";
import { initialStates, successors } from "./step.ts";

const compose = (p: Permutation, q: Permutation): Permutation =>
  Object.fromEntries(Object.entries(p).map(([set, map]) => [set, new Map([...map].map(([from, to]) => [from, q[set]?.get(to)]))]));
const inverse = (p: Permutation): Permutation =>
  Object.fromEntries(Object.entries(p).map(([set, map]) => [set, new Map([...map].map(([from, to]) => [to, from]))]));

describe("the codec, on random values of random schemas", () => {
  it("decodes what it encodes", () => {
    fc.assert(
      fc.property(schemaAndValue, ([schema, value]) => {
        const text = encode(schema, value, "x");
        const back = decode(schema, text);
        expect(canonicalText(back)).toBe(canonicalText(value));
        expect(encode(schema, back, "x")).toBe(text);
      }),
    );
  });
  it("permutes by p and then by q as by their composition", () => {
    fc.assert(
      fc.property(schemaAndValue, permutationsOfBoth, permutationsOfBoth, ([schema, value], p, q) => {
        expect(encode(schema, permute(schema, permute(schema, value, p), q), "x")).toBe(
          encode(schema, permute(schema, value, compose(p, q)), "x"),
        );
      }),
    );
  });
  it("undoes a permutation by its inverse", () => {
    fc.assert(
      fc.property(schemaAndValue, permutationsOfBoth, ([schema, value], p) => {
        expect(encode(schema, permute(schema, permute(schema, value, p), inverse(p)), "x")).toBe(encode(schema, value, "x"));
        expect(encode(schema, permute(schema, value, {}), "x")).toBe(encode(schema, value, "x"));
      }),
    );
  });
  it("gives equal texts exactly to equal values, whatever the order of fields", () => {
    const reversed = (v: unknown): unknown =>
      typeof v !== "object" || v === null || Object.getPrototypeOf(v) !== Object.prototype
        ? v
        : Object.fromEntries(
            Object.entries(v)
              .reverse()
              .map(([k, x]) => [k, reversed(x)]),
          );
    fc.assert(
      fc.property(
        schemaAndValue.chain(([schema, value]) => fc.tuple(fc.constant(schema), fc.constant(value))),
        ([schema, value]) => {
          expect(equal(reversed(value), value)).toBe(true);
          expect(encode(schema, reversed(value), "x")).toBe(encode(schema, value, "x"));
        },
      ),
    );
  });
});

describe("canonical states", () => {
  const instance = instantiate(mailboxSpec);
  it("have the text that the codec gives, variable by variable", () => {
    let states = initialStates(instance);
    for (let depth = 0; depth < 4; depth++) {
      for (const state of states)
        expect(stateText(instance, state)).toBe(instance.variables.map((v) => encode(v.schema, state[v.name], v.name)).join("|"));
      states = states.flatMap((s) => successors(instance, s).map((x) => x.state));
    }
  });
  it("are frozen and share what did not change", () => {
    const [initial] = initialStates(instance);
    if (initial === undefined) throw new Error("no initial state");
    const [after] = successors(instance, initial);
    expect(Object.isFrozen(after?.state)).toBe(true);
    expect(after?.state["nodes"]).toBe(initial["nodes"]);
    expect(after?.state["messages"]).not.toBe(initial["messages"]);
    expect(canonicalState(instance, { ...initial })["messages"]).toBe(initial["messages"]);
  });
});
