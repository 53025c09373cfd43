/** The tree of states over tables of its own: nothing of a spec is in it. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { PairTable, reservePairs } from "./pair-table.ts";
import { StateTree } from "./state-tree.ts";
import type { TreeShape } from "./state-tree.ts";

/** Four parts, paired twice; three, of which the last waits for the root. */
const shapes: readonly TreeShape[] = [
  { parts: 2, left: [0], right: [1], below: [0b11] },
  { parts: 3, left: [0, 3], right: [1, 2], below: [0b11, 0b111] },
  { parts: 4, left: [0, 2, 4], right: [1, 3, 5], below: [0b11, 0b1100, 0b1111] },
];
const BATCH = 16;
const treeOf = (shape: TreeShape): StateTree => {
  const [inner, states] = ([1, 0] as const).map((firstId) => new PairTable(reservePairs(10_000, { shared: false, firstId, slots: 64 })));
  if (inner === undefined || states === undefined) throw new Error("two tables were made");
  return new StateTree(shape, inner, states, BATCH);
};
const everything = (shape: TreeShape): number => (1 << shape.parts) - 1;

const vectors = fc.constantFrom(...shapes).chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    states: fc.array(fc.array(fc.nat({ max: 3 }), { minLength: shape.parts, maxLength: shape.parts }), { minLength: 1, maxLength: 60 }),
  }),
);

it("gives equal states one id, in the order in which they come, and takes every state apart again", () => {
  fc.assert(
    fc.property(vectors, ({ shape, states }) => {
      const tree = treeOf(shape);
      const ids = new Map<string, number>();
      for (let from = 0; from < states.length; from += BATCH) {
        const some = states.slice(from, from + BATCH);
        const batch = new Uint32Array(BATCH * tree.width);
        some.forEach((state, i) => batch.set(state, i * tree.width));
        tree.intern(batch, new Int32Array(BATCH).fill(everything(shape)), some.length);
        some.forEach((state, i) => {
          const known = ids.get(state.join());
          expect(tree.isNew[i]).toBe(known === undefined ? 1 : 0);
          expect(tree.ids[i]).toBe(known ?? ids.size);
          ids.set(state.join(), tree.ids[i] ?? -1);
        });
      }
      const loaded = new Uint32Array(ids.size * tree.width);
      tree.loadMany(0, ids.size, loaded);
      for (const [state, id] of ids) {
        expect(loaded.subarray(id * tree.width, id * tree.width + shape.parts).join()).toBe(state);
        const vector = new Uint32Array(tree.width);
        vector.set(state.split(",").map(Number));
        expect(tree.find(vector)).toBe(id);
      }
      expect(tree.find(new Uint32Array(tree.width).fill(9, 0, shape.parts))).toBe(-1);
    }),
  );
});

it("looks only at the pairs above what has changed", () => {
  fc.assert(
    fc.property(vectors, fc.nat({ max: 3 }), fc.nat({ max: 9 }), ({ shape, states }, at, value) => {
      const tree = treeOf(shape);
      const [first] = states;
      if (first === undefined) return;
      const part = at % shape.parts;
      const batch = new Uint32Array(BATCH * tree.width);
      batch.set(first);
      tree.intern(batch, Int32Array.of(everything(shape)), 1);
      const id = tree.ids[0] ?? -1;
      const successor = new Uint32Array(BATCH * tree.width);
      tree.load(id, successor);
      successor[part] = value;
      tree.intern(successor, Int32Array.of(1 << part), 1);
      const changed = [...first];
      changed[part] = value;
      const vector = new Uint32Array(tree.width);
      vector.set(changed);
      expect(tree.find(vector)).toBe(tree.ids[0]);
      expect(tree.isNew[0]).toBe(value === first[part] ? 0 : 1);
    }),
  );
});
