/** What the replicated log holds: the proof of store of a batch. Its transactions are in the batch store. */
import { decode, encode } from "../codec.ts";
import { ProofOfStore } from "../batch-store/proof.ts";

export const encodeOperation = (proof: ProofOfStore): Uint8Array => encode(proof);
/** Throws DecodeError. */
export const decodeOperation = (bytes: Uint8Array, opNumber: number): ProofOfStore => decode(ProofOfStore, bytes, `op ${opNumber}`);
