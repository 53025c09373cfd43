import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { decode, encode } from "../codec.ts";
import { Batch, digestOf, sizeOf } from "./batch.ts";
import { optionsOf, privateKeyOf } from "./example-cluster.ts";
import { BatchMessage } from "./messages.ts";
import { Keys, ProofOfStore } from "./proof.ts";
import type { Statement } from "./proof.ts";

const arbitraryId = fc.record({
  nonce: fc.uint8Array({ minLength: 8, maxLength: 8 }).map((b) => Buffer.from(b).toString("hex")),
  number: fc.nat(),
});
const arbitraryBatch = fc.record({
  author: fc.integer({ min: 1, max: 255 }),
  batchId: arbitraryId,
  transactions: fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 }),
});
const arbitraryStatement: fc.Arbitrary<Statement> = fc.record({
  epoch: fc.integer({ min: 1, max: 3 }),
  digest: arbitraryBatch.map(digestOf),
  expiry: fc.integer({ min: 0, max: 3 }),
  author: fc.integer({ min: 1, max: 3 }),
  batchId: arbitraryId,
});

const keysOf = (replica: number, cluster = "example"): Keys => new Keys({ ...optionsOf(replica), cluster, quorum: 2 });
const proofBy = (signers: readonly number[], statement: Statement, cluster?: string): ProofOfStore => ({
  ...statement,
  signatures: signers.map((signer) => ({ signer, signature: keysOf(signer, cluster).sign(statement) })),
});
const statement: Statement = { epoch: 1, digest: "ab".repeat(32), expiry: 5, author: 1, batchId: { nonce: "0".repeat(16), number: 3 } };

describe("a digest", () => {
  it("is the same after the way through the codec", () => {
    fc.assert(fc.property(arbitraryBatch, (batch) => digestOf(decode(Batch, encode(batch), "a batch")) === digestOf(batch)));
  });

  it("is the same for equal batches only", () => {
    fc.assert(
      fc.property(arbitraryBatch, arbitraryBatch, (a, b) => (digestOf(a) === digestOf(b)) === Buffer.from(encode(a)).equals(encode(b))),
    );
  });

  it("tells where one transaction ends and the next begins", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 20 }), fc.nat(20), (whole, at) => {
        const of = (transactions: Uint8Array[]): string => digestOf({ author: 1, batchId: statement.batchId, transactions });
        return of([whole]) !== of([whole.slice(0, at), whole.slice(at)]);
      }),
    );
  });

  it("does not change from one version to the next", () => {
    const batch = { author: 1, batchId: { nonce: "00".repeat(8), number: 7 }, transactions: [Uint8Array.of(1, 2, 3)] };
    expect(digestOf(batch)).toBe("e065b803c68df9520e6377e4c87384e4afbfe9d2d56e220ef71688ebb1e252c8");
  });
});

describe("the size of a batch", () => {
  it("grows with every transaction, also an empty one", () => {
    fc.assert(fc.property(fc.array(fc.uint8Array()), (transactions) => sizeOf([...transactions, new Uint8Array()]) > sizeOf(transactions)));
  });
});

describe("messages", () => {
  it("are the same after the way through the codec", () => {
    const signature = fc.uint8Array({ minLength: 64, maxLength: 64 });
    const digest = arbitraryBatch.map(digestOf);
    const time = fc.nat();
    const epoch = fc.integer({ min: 1 });
    const arbitraryMessage: fc.Arbitrary<BatchMessage> = fc.oneof(
      fc.record({
        type: fc.constant("BatchMsg" as const),
        epoch,
        batches: fc.array(fc.record({ batch: arbitraryBatch, expiry: time }), { minLength: 1, maxLength: 3 }),
      }),
      fc.record({
        type: fc.constant("BatchSigned" as const),
        epoch,
        signatures: fc.array(fc.record({ digest, expiry: time, signature }), { minLength: 1, maxLength: 3 }),
      }),
      fc.record({
        type: fc.constant("BatchRefused" as const),
        epoch,
        digest,
        expiry: time,
        reason: fc.constantFrom("expired", "quota", "limit"),
      }),
      fc.record({ type: fc.constant("BatchRequest" as const), digest }),
      fc.record({ type: fc.constant("BatchResponse" as const), digest, batch: fc.option(arbitraryBatch) }),
    );
    fc.assert(
      fc.property(arbitraryMessage, (message) => {
        expect(decode(BatchMessage, encode(message), "a message")).toEqual(message);
      }),
    );
  });

  it("are refused with a field too many", () => {
    expect(BatchMessage.safeParse({ type: "BatchRequest", digest: statement.digest }).success).toBe(true);
    expect(BatchMessage.safeParse({ type: "BatchRequest", digest: statement.digest, more: 1 }).success).toBe(false);
  });
});

describe("a signature", () => {
  it("holds for exactly what was signed, by whom, and in which cluster", () => {
    fc.assert(
      fc.property(arbitraryStatement, arbitraryStatement, fc.integer({ min: 1, max: 4 }), (signed, claimed, signer) => {
        const signature = keysOf(2).sign(signed);
        const isSame = Buffer.from(encode(signed)).equals(encode(claimed));
        expect(keysOf(1).isSignedBy(signer, claimed, signature)).toBe(isSame && signer === 2);
        expect(keysOf(1).isSignedBy(2, signed, signature)).toBe(true);
        expect(keysOf(1, "another").isSignedBy(2, signed, signature)).toBe(false);
      }),
      { numRuns: 30 },
    );
  });

  it.each(["epoch", "digest", "expiry", "author", "batchId"] as const)("does not hold for another %s", (field) => {
    const other: Statement = { epoch: 2, digest: "cd".repeat(32), expiry: 6, author: 2, batchId: { nonce: "0".repeat(16), number: 4 } };
    const signature = keysOf(2).sign(statement);
    expect(keysOf(1).isSignedBy(2, { ...statement, [field]: other[field] }, signature)).toBe(false);
  });
});

describe("a signature that is looked at again", () => {
  it("is as good, or as bad, as before", () => {
    const keys = keysOf(1);
    const signature = keysOf(2).sign(statement);
    const forged = Uint8Array.from(signature, (byte, i) => (i === 5 ? byte ^ 1 : byte));
    for (let time = 1; time <= 2; time++) {
      expect(keys.isSignedBy(2, statement, signature)).toBe(true);
      expect(keys.isSignedBy(2, statement, forged)).toBe(false);
      expect(keys.isSignedBy(3, statement, signature)).toBe(false);
      expect(keys.isSignedBy(2, { ...statement, expiry: 6 }, signature)).toBe(false);
    }
  });
});

describe("a proof of store", () => {
  it("holds with a quorum of signatures, also after the way through the codec", () => {
    for (const signers of [
      [1, 2],
      [2, 3],
      [1, 2, 3],
    ]) {
      const proof = proofBy(signers, statement);
      expect(keysOf(1).verified(decode(ProofOfStore, encode(proof), "a proof"))).toEqual(proof);
    }
  });

  it("does not hold with too few, with one twice, with another's name, for another cluster, or altered", () => {
    const [first, second] = proofBy([1, 2], statement).signatures;
    if (first === undefined || second === undefined) throw new Error("two have signed");
    const bad: Record<string, [unknown, RegExp]> = {
      tooFew: [proofBy([1], statement), /1 replicas have signed, a quorum is 2/],
      none: [proofBy([], statement), /0 replicas have signed/],
      twice: [{ ...statement, signatures: [first, first] }, /signed twice/],
      renamed: [{ ...statement, signatures: [first, { ...second, signer: 3 }] }, /signature of replica 3 is not its own/],
      unknown: [{ ...statement, signatures: [first, { ...second, signer: 9 }] }, /signature of replica 9 is not its own/],
      otherCluster: [proofBy([1, 2], statement, "another"), /signature of replica 1 is not its own/],
      prolonged: [{ ...proofBy([1, 2], statement), expiry: 6 }, /signature of replica 1 is not its own/],
      short: [{ ...statement, signatures: [first, { ...second, signature: new Uint8Array(63) }] }, /malformed at signatures.1.signature/],
      noObject: ["proof", /malformed at its root/],
    };
    for (const [proof, why] of Object.values(bad)) expect(() => keysOf(1).verified(proof)).toThrow(why);
  });

  it("is rejected, not crashed upon, whatever comes", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(() => keysOf(1).verified(value)).toThrow(/malformed|not valid/);
      }),
    );
  });
});

describe("keys", () => {
  it("must be 32 bytes, and fit together", () => {
    const config = { ...optionsOf(1), quorum: 2 };
    expect(() => new Keys({ ...config, privateKey: "abc" })).toThrow(/has 2 bytes: an ed25519 key has 32/);
    expect(() => new Keys({ ...config, privateKey: privateKeyOf(2) })).toThrow(/does not belong to the public key of replica 1/);
    expect(() => new Keys({ ...config, publicKeys: [...config.publicKeys.slice(0, 2), ""] })).toThrow(
      /public key of replica 3 has 0 bytes/,
    );
  });
});

it("schemas describe plain values of the codec", () => {
  expect(decode(z.unknown(), encode(proofBy([1, 2], statement)), "a proof")).toEqual(proofBy([1, 2], statement));
});
