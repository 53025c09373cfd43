import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BagValue, NetworkValue, SetValue, canonicalText } from "../specs/language/collections.ts";
import { pack, unpack } from "./packed-values.ts";

const scalar = fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.constant(null), fc.constant(undefined));
const { value } = fc.letrec((tie) => {
  const entries = fc.array(fc.tuple(tie("value"), fc.integer({ min: 1, max: 9 })), { maxLength: 4 });
  return {
    value: fc.oneof(
      { depthSize: "small" },
      scalar,
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(fc.string(), tie("value"), { maxKeys: 4, noNullPrototype: true }),
      fc.array(tie("value"), { maxLength: 4 }).map((elements) => SetValue.of(elements)),
      entries.map((given) => new BagValue(given)),
      entries.map((given) => new NetworkValue(given, "dest")),
    ),
  };
});

describe("a value that was sent to another thread", () => {
  it("is what it was", () => {
    fc.assert(
      fc.property(value, (given) => {
        const arrived = unpack(structuredClone(pack(given)));
        expect(arrived).toStrictEqual(given);
        expect(canonicalText(arrived)).toBe(canonicalText(given));
      }),
    );
  });
  it("shares what it shared, and is frozen", () => {
    const shared = { messages: SetValue.of([{ type: "A" }]) };
    const arrived = unpack(structuredClone(pack([shared, shared]))) as (typeof shared)[];
    expect(arrived[0]).toBe(arrived[1]);
    expect([Object.isFrozen(arrived), Object.isFrozen(arrived[0])]).toEqual([true, true]);
  });
});
