import fc from "fast-check";
import { expect, test } from "vitest";
import { collected, inserted, readAt, versionOf } from "./version-chain.ts";
import type { Chain } from "./version-chain.ts";

const entry = fc.record({ version: fc.integer({ min: 1, max: 20 }), value: fc.option(fc.constant(new Uint8Array()), { nil: undefined }) });
const chainOf = (entries: readonly { readonly version: number; readonly value: Uint8Array | undefined }[]): Chain =>
  entries.reduce<Chain>(inserted, []);
const unique = fc.uniqueArray(entry, { selector: (e) => e.version });

test("a chain does not depend on the order of insertions, nor on repetitions", () => {
  fc.assert(
    fc.property(unique, fc.nat(), (entries, cut) => {
      const inOrder = chainOf(entries.toSorted((a, b) => a.version - b.version));
      expect(chainOf(entries)).toEqual(inOrder);
      expect(chainOf([...entries, ...entries.slice(cut % (entries.length + 1))])).toEqual(inOrder);
      expect(inOrder.map((e) => e.version)).toEqual(inOrder.map((e) => e.version).toSorted((a, b) => b - a));
    }),
  );
});

test("collecting keeps every read at or above the minimum, and no more than one entry below it", () => {
  fc.assert(
    fc.property(unique, fc.nat(21), (entries, minimum) => {
      const chain = chainOf(entries);
      const rest = collected(chain, minimum);
      for (let snapshot = minimum; snapshot <= 21; snapshot++)
        expect(versionOf(readAt(rest, snapshot))).toBe(versionOf(readAt(chain, snapshot)));
      expect(rest.filter((e) => e.version <= minimum).length).toBeLessThanOrEqual(1);
      expect(rest.filter((e) => e.version <= minimum && e.value === undefined)).toEqual([]);
    }),
  );
});
