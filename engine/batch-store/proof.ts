/**
 * Signatures and proofs of store. A replica signs that it will have a batch until the expiry, in one epoch of one cluster;
 * a quorum of such signatures is a proof of store. Keys are ed25519, raw, in base64url. Who may sign never changes here:
 * a cluster with other members has another name.
 */
import { createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { z } from "zod";
import { encode, validated } from "../codec.ts";
import { BatchId, Bytes, CertifiedTime, Digest, Epoch, ReplicaNumber } from "./batch.ts";
import { BatchStoreError } from "./errors.ts";

export const Signature = Bytes.refine((bytes) => bytes.length === 64, "expected the 64 bytes of an ed25519 signature");

/** What is signed, besides the name of the cluster. */
export interface Statement {
  readonly epoch: number;
  readonly digest: Digest;
  readonly expiry: number;
  readonly author: number;
  readonly batchId: BatchId;
}

export const ProofOfStore = z.strictObject({
  digest: Digest,
  author: ReplicaNumber,
  batchId: BatchId,
  expiry: CertifiedTime,
  epoch: Epoch,
  signatures: z.array(z.strictObject({ signer: ReplicaNumber, signature: Signature })).max(255),
});
/** A plain value of `codec.ts`; signatures in the order of their signers. */
export type ProofOfStore = z.infer<typeof ProofOfStore>;

const mostRemembered = 2_048;

const derOfPrivate = Buffer.from("302e020100300506032b657004220420", "hex");
const derOfPublic = Buffer.from("302a300506032b6570032100", "hex");

const rawKey = (text: string, what: string): Buffer => {
  const raw = Buffer.from(text, "base64url");
  if (raw.length !== 32) throw new BatchStoreError("invalid", `${what} has ${raw.length} bytes: an ed25519 key has 32, in base64url.`);
  return raw;
};
const privateKeyFrom = (text: string): KeyObject =>
  createPrivateKey({ key: Buffer.concat([derOfPrivate, rawKey(text, "The private key")]), format: "der", type: "pkcs8" });
const publicKeyFrom = (text: string, replica: number): KeyObject =>
  createPublicKey({
    key: Buffer.concat([derOfPublic, rawKey(text, `The public key of replica ${replica}`)]),
    format: "der",
    type: "spki",
  });

/** The public key of a private one: 32 random bytes, in base64url. Throws `invalid`. */
export const publicKeyOf = (privateKey: string): string =>
  createPublicKey(privateKeyFrom(privateKey)).export({ format: "der", type: "spki" }).subarray(derOfPublic.length).toString("base64url");

export interface KeyConfig {
  readonly cluster: string;
  readonly replica: number;
  readonly privateKey: string;
  /** Of replica 1, 2, … */
  readonly publicKeys: readonly string[];
  readonly quorum: number;
}

/** One replica's private key and the public keys of all. */
export class Keys {
  private readonly privateKey: KeyObject;
  private readonly publicKeys: readonly KeyObject[];
  /** Signatures that were found to be good: the same ones come again in the proof, more than once. */
  private readonly good = new Set<string>();

  /** Throws `invalid` when a key is malformed, or the private key is not this replica's. */
  constructor(private readonly config: KeyConfig) {
    this.privateKey = privateKeyFrom(config.privateKey);
    this.publicKeys = config.publicKeys.map((key, i) => publicKeyFrom(key, i + 1));
    if (publicKeyOf(config.privateKey) !== config.publicKeys[config.replica - 1])
      throw new BatchStoreError("invalid", `The private key does not belong to the public key of replica ${config.replica}.`);
  }

  sign(statement: Statement): Uint8Array {
    const signed = this.signedBytes(statement);
    const signature = new Uint8Array(sign(null, signed, this.privateKey));
    this.remember(nameOf(this.config.replica, signed, signature));
    return signature;
  }

  isSignedBy(signer: number, statement: Statement, signature: Uint8Array): boolean {
    const key = this.publicKeys[signer - 1];
    if (key === undefined) return false;
    const signed = this.signedBytes(statement);
    const name = nameOf(signer, signed, signature);
    if (this.good.has(name)) return true;
    const isGood = verify(null, signed, key, signature);
    if (isGood) this.remember(name);
    return isGood;
  }

  /** The proof if it is well-formed and a quorum of distinct replicas has signed it; throws `invalid` or DecodeError. */
  verified(value: unknown): ProofOfStore {
    const proof = validated(ProofOfStore, value, "A proof of store");
    const signers = new Set(proof.signatures.map(({ signer }) => signer));
    if (signers.size !== proof.signatures.length) throw this.invalid(proof, "a replica has signed twice");
    if (signers.size < this.config.quorum)
      throw this.invalid(proof, `${signers.size} replicas have signed, a quorum is ${this.config.quorum}`);
    for (const { signer, signature } of proof.signatures)
      if (!this.isSignedBy(signer, proof, signature))
        throw this.invalid(proof, `the signature of replica ${signer} is not its own for this cluster, epoch, batch and expiry`);
    return proof;
  }

  private remember(name: string): void {
    if (this.good.size >= mostRemembered) this.good.clear();
    this.good.add(name);
  }

  private invalid(proof: ProofOfStore, why: string): BatchStoreError {
    return new BatchStoreError("invalid", `The proof of store of batch ${proof.digest} is not valid: ${why}.`);
  }

  private signedBytes({ epoch, digest, expiry, author, batchId }: Statement): Uint8Array {
    const { cluster } = this.config;
    return encode(["lockstep batch signature 1", cluster, epoch, digest, expiry, author, batchId.nonce, batchId.number]);
  }
}

const nameOf = (signer: number, signed: Uint8Array, signature: Uint8Array): string =>
  `${signer} ${Buffer.from(signature).toString("latin1")} ${Buffer.from(signed).toString("latin1")}`;
