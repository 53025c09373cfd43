import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bool,
  int,
  map,
  mapOf,
  oneOf,
  optional,
  ordered,
  partial,
  record,
  seq,
  set,
  setOf,
  system,
  union,
} from "../../../specs/language/index.ts";
import { instantiate } from "../../../specs/language/instantiate.ts";
import { encode } from "../../../specs/language/codec.ts";
import type { Schema } from "../../../specs/language/schema.ts";
import { Core, reserveMemory } from "../relation/core.ts";
import { PackedLayout, bitsMask } from "./packed-layout.ts";
import { cardinality, codedValue, valueCode } from "./value-code.ts";

const P = ordered("P", () => ["a", "b", "c"]);
const y = system({
  name: "packed",
  constants: {},
  variables: {
    flag: map(P, bool),
    level: int(-3, 40),
    last: optional(P),
    pair: record({ x: int(0, 2), y: oneOf("u", "v") }),
    some: partial(P, bool),
    inner: map(P, set(P)),
    sent: set(union({ ask: { from: P, n: int(0, 9) }, tell: { to: optional(P) }, end: {} })),
    log: seq(bool),
  },
});
const spec = y.spec({
  init: () => ({
    flag: mapOf(["a", "b", "c"], () => false),
    level: 0,
    last: null,
    pair: { x: 0, y: "u" },
    some: {},
    inner: mapOf(["a", "b", "c"], () => setOf()),
    sent: setOf(),
    log: [],
  }),
  actions: {},
});

const schemaOf = (name: string): Schema => {
  const found = instantiate(spec).variables.find((v) => v.name === name)?.schema;
  if (found === undefined) throw new Error(name);
  return found;
};

describe("numbers of values", () => {
  it.each([["level", 44], ["last", 4], ["pair", 6], ["some", 27], ["inner", 512], ["flag", 8], ["log", Infinity]] as const)(
    "%s has %d values", (name, n) => expect(cardinality(schemaOf(name))).toBe(n),
  ); // prettier-ignore

  it.each(["level", "last", "pair", "some", "inner", "flag"])("each value of %s has one of its own", (name) => {
    const schema = schemaOf(name);
    const codes = Array.from({ length: cardinality(schema) }, (_, code) => code);
    expect(codes.map((code) => valueCode(schema, codedValue(schema, code)))).toEqual(codes);
    expect(new Set(codes.map((code) => encode(schema, codedValue(schema, code), name))).size).toBe(codes.length);
  });
});

describe("packed states", () => {
  const core = new Core(instantiate(spec), reserveMemory(4e6, false, 16), true, (tables) => {
    for (const t of tables) if (t.crowded) t.grow();
  });
  const layout = new PackedLayout(core.leaves, core.lists);

  it("no two leaves share a bit, and no left half of a pair can be all ones", () => {
    const taken = new Map<number, number>();
    for (const { pieces } of layout.packed)
      for (const { word, shift, width } of pieces) {
        const mask = Number(((1n << BigInt(width)) - 1n) << BigInt(shift));
        expect(mask).toBeLessThan(2 ** 32);
        const before = taken.get(word) ?? 0;
        expect(Number(BigInt(before) & BigInt(mask))).toBe(0);
        taken.set(word, before + mask);
      }
    const lefts = layout.packed.filter((p) => p.kind !== "id").flatMap((p) => p.pieces.filter((q) => q.word % 2 === 0));
    for (const { shift, width } of lefts) expect(shift + width).toBeLessThan(32);
  });

  it("masks are 32-bit numbers with a sign, as they are kept", () => {
    expect([1, 30, 31, 32].map(bitsMask)).toEqual([1, 0x3fffffff, 0x7fffffff, -1]);
  });

  it("a state is what its words say", () => {
    const element = fc.nat(
      cardinality(schemaOf("sent").kind === "set" ? (schemaOf("sent") as { element: Schema }).element : { kind: "bool" }) - 1,
    );
    fc.assert(
      fc.property(fc.uniqueArray(element), fc.array(fc.boolean()), fc.infiniteStream(fc.nat(100_000)), (elements, log, numbers) => {
        const ids = Uint32Array.from(layout.packed, ({ leaf, kind }) => {
          if (kind === "bits") return core.lists.from(elements.map((e) => [layout.id(leaf, e), 1]));
          if (kind === "id") return leaf.values.id(log, leaf.path);
          return layout.id(leaf, numbers.next().value % cardinality(leaf.values.schema));
        });
        const words = new Uint32Array(layout.words);
        layout.encode(ids, words);
        const back = new Uint32Array(ids.length);
        layout.decode(words, 0, back);
        expect(back).toEqual(ids);
      }),
    );
  });
});
