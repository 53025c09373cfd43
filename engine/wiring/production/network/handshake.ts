/**
 * Both sides of a connection prove who they are, each with its own Ed25519 key, and agree on the keys of the session (X25519).
 * The initiator sends a nonce and a share, the responder answers with its own and a signature, the initiator with its signature.
 * What is signed is the role of who signs and the transcript: version, cluster, both replica numbers, nonces, shares and lives,
 * and what each knows of the other's life. So a signature is of no use on another connection, to another replica, or sent back.
 * From the shares and the transcript come the keys of the session, one for each direction; they are gone when the
 * connection is. Messages are authenticated, not encrypted: for secrecy, configure TLS.
 */
import { createPrivateKey, createPublicKey, diffieHellman, generateKeyPairSync, hkdfSync, sign, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { z } from "zod";
import { publicKeyOf } from "../../../batch-store/proof.ts";
import { decode, DecodeError, encode } from "../../../codec.ts";
import type { Random } from "../../../ports.ts";
import { protocolVersion } from "./frames.ts";
import { Life } from "./lives.ts";
import type { Lives } from "./lives.ts";
import { RefusedError } from "./refusals.ts";

/** Ed25519 keys are raw, in base64url; the public ones of replica 1, 2, … */
export interface IdentityOptions {
  readonly clusterId: string;
  readonly replica: number;
  readonly privateKey: string;
  readonly publicKeys: readonly string[];
}

/** Who this replica is, and how it knows the others. */
export class Identity {
  readonly clusterId: string;
  readonly replica: number;
  private readonly privateKey: KeyObject;
  private readonly publicKeys: readonly KeyObject[];

  /** Throws when a key is malformed, or the private one is not that of the replica. */
  constructor({ clusterId, replica, privateKey, publicKeys }: IdentityOptions) {
    this.clusterId = clusterId;
    this.replica = replica;
    const own = publicKeyOf(privateKey);
    if (own !== publicKeys[replica - 1]) throw new RangeError(`the private key does not belong to the public key of replica ${replica}`);
    this.privateKey = createPrivateKey({ key: { kty: "OKP", crv: "Ed25519", d: privateKey, x: own }, format: "jwk" });
    this.publicKeys = publicKeys.map((x) => createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" }));
  }

  sign(role: Role, transcript: Transcript): Uint8Array {
    return new Uint8Array(sign(null, signedBytes(role, transcript), this.privateKey));
  }

  /** Throws RefusedError. */
  check(role: Role, transcript: Transcript, signature: Uint8Array): void {
    const peer = role === "initiator" ? transcript.initiator : transcript.responder;
    const key = this.publicKeys[peer - 1];
    if (key !== undefined && verify(null, signedBytes(role, transcript), key, signature)) return;
    throw new RefusedError("key", `what says it is replica ${peer} does not have its key in cluster '${this.clusterId}'`);
  }
}

export interface SessionKeys {
  readonly send: Uint8Array;
  readonly receive: Uint8Array;
}

const nonceBytes = 32;
/** No body of a handshake is longer. */
export const maxHandshakeBytes = 1024;

const bytesOf = (length: number) => z.instanceof(Uint8Array).refine((b) => b.length === length, `must be ${length} bytes`);
const replicaSchema = z.int().min(1).max(1000);
const opening = { nonce: bytesOf(nonceBytes), share: bytesOf(32), life: Life };
const closing = { known: Life.nullable(), signature: bytesOf(64) };
const helloSchema = z.strictObject({ clusterId: z.string().max(128), from: replicaSchema, to: replicaSchema, ...opening });
const replySchema = z.strictObject({ ...opening, ...closing });
const proofSchema = z.strictObject(closing);

type Role = "initiator" | "responder";

interface Side {
  readonly nonce: Uint8Array;
  readonly share: Uint8Array;
  readonly life: Life;
}
interface Transcript {
  readonly version: number;
  readonly clusterId: string;
  readonly initiator: number;
  readonly responder: number;
  readonly initiatorSide: Side;
  readonly responderSide: Side;
  /** What the responder knows of the initiator's life, and the other way round, as far as it was told by then. */
  readonly known: readonly (Life | null)[];
}

const signedBytes = (role: Role, transcript: Transcript): Uint8Array => encode({ purpose: "lockstep handshake 2", role, transcript });

/** One side's part of the agreement on a secret. */
class Share {
  private readonly pair = generateKeyPairSync("x25519");
  readonly bytes = new Uint8Array(this.pair.publicKey.export({ format: "der", type: "spki" }).subarray(-32));

  /** Throws RefusedError for a share that gives no secret. */
  keys(self: Role, share: Uint8Array, transcript: Transcript): SessionKeys {
    const secret = this.secretWith(share);
    const key = (sender: Role): Uint8Array =>
      new Uint8Array(hkdfSync("sha256", secret, encode(transcript), `lockstep session, sent by the ${sender}`, 32));
    return { send: key(self), receive: key(self === "initiator" ? "responder" : "initiator") };
  }

  private secretWith(share: Uint8Array): Uint8Array {
    try {
      const publicKey = createPublicKey({ key: Buffer.concat([derOfShare, share]), format: "der", type: "spki" });
      return diffieHellman({ privateKey: this.pair.privateKey, publicKey });
    } catch (error) {
      throw new RefusedError("malformed", `the share of the handshake: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
const derOfShare = Buffer.from("302a300506032b656e032100", "hex");

/** Throws RefusedError. */
const parsed = <T>(schema: z.ZodType<T>, body: Uint8Array, what: string): T => {
  try {
    return decode(schema, body, what);
  } catch (error) {
    if (error instanceof DecodeError) throw new RefusedError("malformed", error.message);
    throw error;
  }
};

/** A peer that has proven itself. */
export interface Proven {
  readonly peer: number;
  readonly life: Life;
  readonly keys: SessionKeys;
}

/** The side that made the connection. Methods throw RefusedError. */
export class Initiator {
  private readonly share = new Share();
  private readonly side: Side;

  constructor(
    private readonly identity: Identity,
    private readonly lives: Lives,
    private readonly peer: number,
    random: Random,
  ) {
    this.side = { nonce: random.bytes(nonceBytes), share: this.share.bytes, life: lives.own };
  }

  hello(): Uint8Array {
    return encode({ clusterId: this.identity.clusterId, from: this.identity.replica, to: this.peer, ...this.side });
  }

  /** The answer to the reply, and the keys. */
  receiveReply(body: Uint8Array): Proven & { readonly proof: Uint8Array } {
    const { known, signature, ...responderSide } = parsed(replySchema, body, "the reply of the handshake");
    const { clusterId, replica } = this.identity;
    const transcript: Transcript = {
      version: protocolVersion,
      clusterId,
      initiator: replica,
      responder: this.peer,
      initiatorSide: this.side,
      responderSide,
      known: [known],
    };
    this.identity.check("responder", transcript, signature);
    this.lives.toldBy(this.peer, known ?? undefined);
    const own = this.lives.known(this.peer) ?? null;
    const proof = { known: own, signature: this.identity.sign("initiator", { ...transcript, known: [known, own] }) };
    const keys = this.share.keys("initiator", responderSide.share, transcript);
    return { peer: this.peer, life: responderSide.life, keys, proof: encode(proof) };
  }
}

/** The side that accepted the connection. Methods throw RefusedError. */
export class Responder {
  private readonly share = new Share();
  private transcript: Transcript | undefined;

  constructor(
    private readonly identity: Identity,
    private readonly lives: Lives,
    /** The other replicas of the group. */
    private readonly peers: ReadonlySet<number>,
    private readonly random: Random,
  ) {}

  receiveHello(body: Uint8Array): Uint8Array {
    if (this.transcript !== undefined) throw new RefusedError("malformed", "a second hello");
    const { from, to, clusterId, ...initiatorSide } = parsed(helloSchema, body, "the hello of the handshake");
    const { replica } = this.identity;
    if (clusterId !== this.identity.clusterId)
      throw new RefusedError("cluster", `a replica of cluster '${clusterId}'; this one belongs to '${this.identity.clusterId}'`);
    if (to !== replica) throw new RefusedError("replica", `looking for replica ${to}; this is replica ${replica}`);
    if (!this.peers.has(from)) throw new RefusedError("replica", `replica ${from} is not another replica of this group`);
    const known = this.lives.known(from) ?? null;
    const responderSide: Side = { nonce: this.random.bytes(nonceBytes), share: this.share.bytes, life: this.lives.own };
    this.transcript = {
      version: protocolVersion,
      clusterId,
      initiator: from,
      responder: replica,
      initiatorSide,
      responderSide,
      known: [known],
    };
    return encode({ ...responderSide, known, signature: this.identity.sign("responder", this.transcript) });
  }

  receiveProof(body: Uint8Array): Proven {
    const { transcript } = this;
    if (transcript === undefined) throw new RefusedError("malformed", "a proof before a hello");
    const { known, signature } = parsed(proofSchema, body, "the proof of the handshake");
    this.identity.check("initiator", { ...transcript, known: [...transcript.known, known] }, signature);
    this.lives.toldBy(transcript.initiator, known ?? undefined);
    const { share, life } = transcript.initiatorSide;
    return { peer: transcript.initiator, life, keys: this.share.keys("responder", share, transcript) };
  }
}
