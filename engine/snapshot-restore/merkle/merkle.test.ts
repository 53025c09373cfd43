import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Frontier, LeafOrderError } from "./frontier.ts";
import type { FrozenNode } from "./frontier.ts";
import { EMPTY, bitsOf, hashOfKey, hashOfNode, hashOfValue, isLeaf } from "./hash.ts";
import type { Hash, Leaf } from "./hash.ts";
import { RangeProofs, proves } from "./range-proof.ts";
import type { RangeProof } from "./range-proof.ts";

const leafOf = (key: string, value = `value of ${key}`): Leaf => ({ keyHash: hashOfKey(key), valueHash: hashOfValue(Buffer.from(value)) });
const ascending = (leaves: readonly Leaf[]): readonly Leaf[] => [...leaves].sort((a, b) => (a.keyHash < b.keyHash ? -1 : 1));

/** The definition, by recursion over the set. */
const naiveRoot = (leaves: readonly Leaf[], depth = 0): Hash => {
  const [first] = leaves;
  if (first === undefined) return EMPTY;
  if (leaves.length === 1) return hashOfNode(first);
  const on = (bit: string) => leaves.filter((l) => bitsOf(l.keyHash)[depth] === bit);
  return hashOfNode({ left: naiveRoot(on("0"), depth + 1), right: naiveRoot(on("1"), depth + 1) });
};
/** All nodes by path, by the same recursion. */
const naiveNodes = (leaves: readonly Leaf[], path = ""): Map<string, Hash> => {
  const [first] = leaves;
  if (first === undefined) return new Map();
  if (leaves.length === 1) return new Map([[path, hashOfNode(first)]]);
  const on = (bit: string) =>
    naiveNodes(
      leaves.filter((l) => bitsOf(l.keyHash)[path.length] === bit),
      path + bit,
    );
  const [left, right] = [on("0"), on("1")];
  const hash = hashOfNode({ left: left.get(`${path}0`) ?? EMPTY, right: right.get(`${path}1`) ?? EMPTY });
  return new Map([...left, ...right, [path, hash]]);
};

const streamed = (leaves: readonly Leaf[]): { readonly frontier: Frontier; readonly nodes: readonly FrozenNode[] } => {
  const frontier = Frontier.empty();
  const nodes = leaves.flatMap((l) => frontier.add(l));
  return { frontier, nodes: [...nodes, ...frontier.end()] };
};

const someKeys = fc.uniqueArray(fc.string({ maxLength: 8 }), { maxLength: 20 });
/** Key hashes that have long prefixes in common, which those of real keys do not. */
const closeHashes = fc
  .uniqueArray(fc.tuple(fc.constantFrom("00", "01", "f0", "ff"), fc.nat(3), fc.nat(15)), { maxLength: 5, selector: (t) => t.join() })
  .map((parts) =>
    parts.map(([head, middle, tail]): Leaf => ({ ...leafOf("x"), keyHash: `${head}${middle}${"7".repeat(60)}${tail.toString(16)}` })),
  );
const someLeaves = fc
  .oneof(
    someKeys.map((keys) => keys.map((k) => leafOf(k))),
    closeHashes,
  )
  .map(ascending);

describe("the hash rules", () => {
  it("have these vectors", () => {
    expect(EMPTY).toBe("0000000000000000000000000000000000000000000000000000000000000000");
    const a = leafOf("a", "1");
    const b = leafOf("b", "2");
    expect(a).toEqual({
      keyHash: "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb",
      valueHash: "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b",
    });
    expect(hashOfNode(a)).toBe("565388d4bc00257133f799d9366ac97f6e949c18acc53d17457f8859ba0f08d3");
    expect(naiveRoot([a])).toBe(hashOfNode(a));
    expect(hashOfNode({ left: EMPTY, right: EMPTY })).toBe("ae0798d0ecaed2b778eddebf18f071a561c53658c05e76cedecc27cafbdbc577");
    expect(naiveRoot([a, b])).toBe("70a50295110313dd28320faccbee14d04dc2894e877a2e407115a2f337ed4efa");
  });

  it("keep a leaf and an inner node of the same hashes apart", () => {
    const [left, right] = [hashOfKey("a"), hashOfKey("b")];
    expect(hashOfNode({ left, right })).not.toBe(hashOfNode({ keyHash: left, valueHash: right }));
  });
});

describe("a tree built from left to right", () => {
  it("has the root and the nodes of the recursive definition", () => {
    fc.assert(
      fc.property(someLeaves, (leaves) => {
        const { frontier, nodes } = streamed(leaves);
        expect(frontier.root()).toBe(naiveRoot(leaves));
        expect(new Map(nodes.map((n) => [n.path, n.hash]))).toEqual(naiveNodes(leaves));
        expect(nodes.length).toBe(naiveNodes(leaves).size);
      }),
      { numRuns: 40 },
    );
  });

  it("has a root that does not depend on the order of insertion", () => {
    fc.assert(
      fc.property(
        someLeaves.chain((leaves) => fc.tuple(fc.constant(leaves), fc.shuffledSubarray([...leaves], { minLength: leaves.length }))),
        ([leaves, shuffled]) => {
          expect(naiveRoot(shuffled)).toBe(streamed(leaves).frontier.root());
        },
      ),
    );
  });

  it("freezes children before parents, and with their last leaf", () => {
    fc.assert(
      fc.property(someLeaves, (leaves) => {
        const { nodes } = streamed(leaves);
        const wrong = nodes.filter(({ path, last }, i) => {
          const comesTooEarly = nodes.slice(i + 1).some((later) => later.path.startsWith(path));
          const below = nodes.slice(0, i + 1).filter((n) => isLeaf(n.node) && n.path.startsWith(path));
          return comesTooEarly || below.at(-1)?.last !== last;
        });
        expect(wrong).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  it("goes on from the plain values of a frontier as if nothing had happened", () => {
    fc.assert(
      fc.property(someLeaves, fc.nat(40), (leaves, at) => {
        const frontier = Frontier.empty();
        for (const l of leaves.slice(0, at)) frontier.add(l);
        const again = Frontier.of(frontier.value());
        for (const l of leaves.slice(at)) again.add(l);
        expect(again.root()).toBe(naiveRoot(leaves));
      }),
    );
  });

  it("refuses a leaf that does not come after the last one", () => {
    const [a, b] = ascending([leafOf("a"), leafOf("b")]);
    if (a === undefined || b === undefined) throw new Error("two leaves");
    const frontier = Frontier.empty();
    frontier.add(b);
    expect(() => frontier.add(a)).toThrow(LeafOrderError);
    expect(() => frontier.add(b)).toThrow(LeafOrderError);
  });
});

/** Ranges that end before the given indices, and at the end. */
const proofsOf = (leaves: readonly Leaf[], ends: readonly number[]): readonly RangeProof[] => {
  const proofs = new RangeProofs();
  const frontier = Frontier.empty();
  leaves.forEach((leaf, i) => {
    const last = frontier.last;
    if (last !== undefined && ends.includes(i)) proofs.endRange(last.keyHash, leaf.keyHash);
    proofs.freeze(frontier.add(leaf));
  });
  if (frontier.last !== undefined) proofs.endRange(frontier.last.keyHash, undefined);
  proofs.freeze(frontier.end());
  return proofs.proofs();
};

const frontierOf = (leaves: readonly Leaf[]): Frontier => {
  const frontier = Frontier.empty();
  for (const l of leaves) frontier.add(l);
  return frontier;
};

const flipped = (hash: Hash, digit: number): Hash => {
  const i = digit % hash.length;
  return hash.slice(0, i) + (parseInt(hash.charAt(i), 16) ^ 1).toString(16) + hash.slice(i + 1);
};

describe("a range proof", () => {
  it("holds for every range", () => {
    fc.assert(
      fc.property(someLeaves, fc.array(fc.nat(40)), (leaves, cuts) => {
        const ends = [...new Set(cuts.filter((c) => c > 0 && c < leaves.length))].sort((a, b) => a - b);
        const proofs = proofsOf(leaves, ends);
        const root = naiveRoot(leaves);
        [...ends, leaves.length].forEach((end, i) => {
          if (end > 0) expect(proves(frontierOf(leaves.slice(0, end)), proofs[i] ?? [EMPTY], root)).toBe(true);
        });
      }),
    );
  });

  it("fails when anything of it or of the leaves is altered", () => {
    const cases = fc.tuple(someLeaves, fc.nat(40), fc.nat(300), fc.nat(40));
    fc.assert(
      fc.property(cases, ([leaves, cut, digit, which]) => {
        fc.pre(leaves.length > 1);
        const end = 1 + (cut % leaves.length);
        const [proof = []] = proofsOf(leaves, [end]);
        const root = naiveRoot(leaves);
        const left = leaves.slice(0, end);
        const held = frontierOf(left);
        const at = which % Math.max(1, proof.length);
        if (proof.length > 0) {
          expect(
            proves(
              held,
              proof.map((h, i) => (i === at ? flipped(h, digit) : h)),
              root,
            ),
          ).toBe(false);
          expect(
            proves(
              held,
              proof.filter((_, i) => i !== at),
              root,
            ),
          ).toBe(false);
        }
        expect(proves(held, [...proof, EMPTY], root)).toBe(false);
        expect(proves(held, [...proof, hashOfKey("extra")], root)).toBe(false);
        const leaf = which % end;
        const altered = left.map((l, i) => (i === leaf ? { ...l, valueHash: flipped(l.valueHash, digit) } : l));
        expect(proves(frontierOf(altered), proof, root)).toBe(false);
        expect(proves(frontierOf(left.filter((_, i) => i !== leaf)), proof, root)).toBe(false);
        const extra = ascending([...left, leafOf(`extra ${digit}`)]);
        expect(proves(frontierOf(extra), proof, root)).toBe(false);
      }),
    );
  });
});
