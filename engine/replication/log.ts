/**
 * The log of one replica: op number -> operation. Op numbers start at 1. The ops below `logStart` have been executed and
 * dropped; what they did is in the application's checkpoint. An operation is opaque here: a few bytes, such as the digest
 * of a batch with its proof. Left out: the client table, which is part of the executed state and so of the application.
 */
import { createHash } from "node:crypto";

export class Log {
  #logStart: number;
  #operations: Uint8Array[];
  #changedFrom = Infinity;
  /** Kept up to date from the first question on; undefined until then, and after most of the log has changed. */
  #digest: bigint | undefined;

  constructor(logStart = 1, operations: readonly Uint8Array[] = []) {
    this.#logStart = logStart;
    this.#operations = [...operations];
  }

  /** The first op that is still here, or would be if there were one. */
  get logStart(): number {
    return this.#logStart;
  }
  /** The last op that was dropped: everything up to it is committed and executed. */
  get checkpoint(): number {
    return this.#logStart - 1;
  }
  get opNumber(): number {
    return this.#logStart - 1 + this.#operations.length;
  }
  /** How many ops are still here. */
  get length(): number {
    return this.#operations.length;
  }

  at(opNumber: number): Uint8Array | undefined {
    return this.#operations[opNumber - this.#logStart];
  }

  /** The ops from `firstOp` on, at most `count`. Throws a RangeError if some of them were dropped. */
  from(firstOp: number, count = Infinity): Uint8Array[] {
    if (firstOp < this.#logStart) throw new RangeError(`op ${firstOp} was dropped: the log starts at ${this.#logStart}`);
    return this.#operations.slice(firstOp - this.#logStart, firstOp - this.#logStart + count);
  }

  /** What is still here, ops with their numbers, as 16 hexadecimal digits: the digests of the entries, added up. */
  get digest(): string {
    this.#digest ??= sumOf(this.#operations, this.#logStart);
    return this.#digest.toString(16).padStart(16, "0");
  }

  append(operation: Uint8Array): void {
    this.#operations.push(operation);
    if (this.#digest !== undefined) this.#digest = BigInt.asUintN(64, this.#digest + entryDigest(this.opNumber, operation));
    this.#changedFrom = Math.min(this.#changedFrom, this.opNumber);
  }

  /**
   * Keeps the ops below `firstOp` and puts `operations` in the place of all others. What belongs below `logStart` is
   * executed already and left out. Throws a RangeError where that would leave a hole or cut into what was dropped.
   */
  replaceFrom(firstOp: number, operations: readonly Uint8Array[]): void {
    const opNumber = firstOp - 1 + operations.length;
    if (firstOp > this.opNumber + 1) throw new RangeError(`ops from ${firstOp} on would leave a hole after op ${this.opNumber}`);
    if (opNumber < this.checkpoint) throw new RangeError(`a log of ${opNumber} ops lacks some of the ${this.checkpoint} that were dropped`);
    const fresh = operations.slice(Math.max(0, this.#logStart - firstOp));
    const kept = Math.max(0, firstOp - this.#logStart);
    // Equal operations stay as they are, so that they are not written to disk again.
    let same = 0;
    while (same < fresh.length && equalBytes(this.#operations[kept + same], fresh[same])) same += 1;
    if (kept + same === this.#operations.length && same === fresh.length) return;
    this.#operations = [...this.#operations.slice(0, kept + same), ...fresh.slice(same)];
    this.#digest = undefined;
    this.#changedFrom = Math.min(this.#changedFrom, this.#logStart + kept + same);
  }

  /** Drops the ops up to `opNumber`. Where the log does not reach as far, it is empty afterwards and goes on from there. */
  dropThrough(opNumber: number): void {
    if (opNumber < this.#logStart) return;
    const dropped = this.#operations.splice(0, opNumber - this.#logStart + 1);
    if (this.#digest !== undefined) this.#digest = BigInt.asUintN(64, this.#digest - sumOf(dropped, this.#logStart));
    this.#logStart = opNumber + 1;
  }

  /** The lowest op that has changed since the last `takeChangedFrom`; Infinity for none. */
  get changedFrom(): number {
    return this.#changedFrom;
  }

  /** `changedFrom`, for whoever writes these changes to disk. */
  takeChangedFrom(): number {
    const changedFrom = this.#changedFrom;
    this.#changedFrom = Infinity;
    return changedFrom;
  }
}

/** One entry for `Log.digest`: the number that the first eight bytes of a SHA-256 say. */
export const entryDigest = (opNumber: number, operation: Uint8Array): bigint =>
  createHash("sha256").update(`${opNumber} `).update(operation).digest().readBigUInt64BE();
const sumOf = (operations: readonly Uint8Array[], firstOp: number): bigint =>
  operations.reduce((sum, operation, i) => BigInt.asUintN(64, sum + entryDigest(firstOp + i, operation)), 0n);

const equalBytes = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  b !== undefined && a?.length === b.length && a.every((byte, i) => byte === b[i]);
