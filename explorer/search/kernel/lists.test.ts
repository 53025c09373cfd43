import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SpecError } from "../../../specs/language/index.ts";
import { Lists } from "./lists.ts";
import { PairTable, reservePairs } from "./pair-table.ts";

const makeLists = (): Lists => new Lists(new PairTable(reservePairs(1 << 12, { shared: false, firstId: 1 })));
const change = fc.tuple(fc.nat(12), fc.option(fc.nat(255), { nil: undefined }));
const changes = fc.array(change, { maxLength: 30 });

describe("lists", () => {
  it("are maps from element to count, equal exactly when their ids are", () => {
    fc.assert(
      fc.property(changes, changes, (first, second) => {
        const lists = makeLists();
        const [a, b] = [first, second].map((made) => {
          const model = new Map<number, number>();
          let list = 0;
          for (const [element, count] of made) {
            list = lists.with(list, element, count);
            if (count === undefined) model.delete(element);
            else model.set(element, count);
          }
          for (let e = 0; e <= 12; e++) expect(lists.count(list, e)).toBe(model.get(e));
          const entries = [...model].sort((x, y) => y[0] - x[0]);
          expect(lists.entries(list)).toEqual(entries);
          expect(lists.from(entries)).toBe(list);
          expect(lists.from(entries.toReversed())).toBe(list);
          return { list, text: JSON.stringify(entries) };
        });
        expect(a?.list === b?.list).toBe(a?.text === b?.text);
      }),
    );
  });
  it("may be long", () => {
    const lists = new Lists(new PairTable(reservePairs(1 << 18, { shared: false, firstId: 1 })));
    const long = lists.from(Array.from({ length: 100_000 }, (_, e) => [e, 1] as const));
    const changed = lists.with(long, 0, 2);
    expect([lists.count(changed, 0), lists.count(changed, 99_999), lists.with(changed, 0, 1)]).toEqual([2, 1, long]);
    expect(lists.with(long, 100_000, undefined)).toBe(long);
  });
  it("refuse what they cannot hold", () => {
    const lists = makeLists();
    expect(() => lists.with(0, 1, 256)).toThrow(SpecError);
    expect(() => lists.with(0, 2 ** 24, 1)).toThrow(SpecError);
    expect(lists.count(lists.with(0, 2 ** 24 - 1, 255), 2 ** 24 - 1)).toBe(255);
  });
});
