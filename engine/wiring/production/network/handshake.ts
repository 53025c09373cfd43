/**
 * Both sides of a connection prove that they know the cluster's key, without sending it. The initiator sends a nonce, the
 * responder answers with its own and a proof, the initiator with its proof. A proof is an HMAC-SHA-256 over the role of who
 * gives it and the transcript: version, cluster, both replica numbers, both nonces. So a proof is of no use on another
 * connection, to another replica, or sent back. From the same key and transcript come the keys of the session, one for each
 * direction. Messages are authenticated, not encrypted: for secrecy, put the replicas into a private network.
 */
import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { decode, DecodeError, encode } from "../../../codec.ts";
import type { Random } from "../../../ports.ts";
import { protocolVersion } from "./frames.ts";
import { RefusedError } from "./refusals.ts";

export interface Identity {
  readonly clusterId: string;
  /** Secret and random, at least 32 bytes; the same for all replicas. */
  readonly key: Uint8Array;
  readonly replica: number;
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
const helloSchema = z.strictObject({ clusterId: z.string().max(128), from: replicaSchema, to: replicaSchema, nonce: bytesOf(nonceBytes) });
const replySchema = z.strictObject({ nonce: bytesOf(nonceBytes), proof: bytesOf(32) });
const proofSchema = z.strictObject({ proof: bytesOf(32) });

type Role = "initiator" | "responder";

interface Transcript {
  readonly version: number;
  readonly clusterId: string;
  readonly initiator: number;
  readonly responder: number;
  readonly initiatorNonce: Uint8Array;
  readonly responderNonce: Uint8Array;
}

const proofOf = (key: Uint8Array, role: Role, transcript: Transcript): Uint8Array =>
  new Uint8Array(
    createHmac("sha256", key)
      .update(encode({ purpose: "lockstep handshake", role, transcript }))
      .digest(),
  );

const sessionKey = (key: Uint8Array, sender: Role, transcript: Transcript): Uint8Array =>
  new Uint8Array(hkdfSync("sha256", key, encode(transcript), `lockstep session, sent by the ${sender}`, 32));

const keysOf = (key: Uint8Array, self: Role, transcript: Transcript): SessionKeys => {
  const other = self === "initiator" ? "responder" : "initiator";
  return { send: sessionKey(key, self, transcript), receive: sessionKey(key, other, transcript) };
};

const checkProof = (identity: Identity, role: Role, transcript: Transcript, proof: Uint8Array): void => {
  if (timingSafeEqual(proof, proofOf(identity.key, role, transcript))) return;
  const peer = role === "initiator" ? transcript.initiator : transcript.responder;
  throw new RefusedError("key", `what says it is replica ${peer} does not know the key of cluster '${identity.clusterId}'`);
};

/** Throws RefusedError. */
const parsed = <T>(schema: z.ZodType<T>, body: Uint8Array, what: string): T => {
  try {
    return decode(schema, body, what);
  } catch (error) {
    if (error instanceof DecodeError) throw new RefusedError("malformed", error.message);
    throw error;
  }
};

/** The side that made the connection. Methods throw RefusedError. */
export class Initiator {
  private readonly nonce: Uint8Array;

  constructor(
    private readonly identity: Identity,
    private readonly peer: number,
    random: Random,
  ) {
    this.nonce = random.bytes(nonceBytes);
  }

  hello(): Uint8Array {
    return encode({ clusterId: this.identity.clusterId, from: this.identity.replica, to: this.peer, nonce: this.nonce });
  }

  /** The answer to the reply, and the keys. */
  receiveReply(body: Uint8Array): { readonly proof: Uint8Array; readonly keys: SessionKeys } {
    const reply = parsed(replySchema, body, "the reply of the handshake");
    const { clusterId, key, replica } = this.identity;
    const transcript: Transcript = {
      version: protocolVersion,
      clusterId,
      initiator: replica,
      responder: this.peer,
      initiatorNonce: this.nonce,
      responderNonce: reply.nonce,
    };
    checkProof(this.identity, "responder", transcript, reply.proof);
    return { proof: encode({ proof: proofOf(key, "initiator", transcript) }), keys: keysOf(key, "initiator", transcript) };
  }
}

/** The side that accepted the connection. Methods throw RefusedError. */
export class Responder {
  private transcript: Transcript | undefined;

  constructor(
    private readonly identity: Identity,
    /** The other replicas of the group. */
    private readonly peers: ReadonlySet<number>,
    private readonly random: Random,
  ) {}

  receiveHello(body: Uint8Array): Uint8Array {
    if (this.transcript !== undefined) throw new RefusedError("malformed", "a second hello");
    const hello = parsed(helloSchema, body, "the hello of the handshake");
    const { clusterId, key, replica } = this.identity;
    if (hello.clusterId !== clusterId)
      throw new RefusedError("cluster", `a replica of cluster '${hello.clusterId}'; this one belongs to '${clusterId}'`);
    if (hello.to !== replica) throw new RefusedError("replica", `looking for replica ${hello.to}; this is replica ${replica}`);
    if (!this.peers.has(hello.from)) throw new RefusedError("replica", `replica ${hello.from} is not another replica of this group`);
    this.transcript = {
      version: protocolVersion,
      clusterId,
      initiator: hello.from,
      responder: replica,
      initiatorNonce: hello.nonce,
      responderNonce: this.random.bytes(nonceBytes),
    };
    return encode({ nonce: this.transcript.responderNonce, proof: proofOf(key, "responder", this.transcript) });
  }

  receiveProof(body: Uint8Array): { readonly peer: number; readonly keys: SessionKeys } {
    if (this.transcript === undefined) throw new RefusedError("malformed", "a proof before a hello");
    checkProof(this.identity, "initiator", this.transcript, parsed(proofSchema, body, "the proof of the handshake").proof);
    return { peer: this.transcript.initiator, keys: keysOf(this.identity.key, "responder", this.transcript) };
  }
}
