/**
 * The abstraction of the log's files: bytes to records. A record that is not whole shows its version and its position
 * as long as its head is there, which is as much as a torn record has in the specs.
 */
import { frameAt, frameOverhead, nextMagic, recordOf, seedOf } from "../../../engine/transactional-store/record.ts";
import type { WalRecord } from "../../../engine/transactional-store/record.ts";
import { readHeader, segmentIndex } from "../../../engine/transactional-store/segment.ts";
import type { DiskImage, UnsyncedOperation } from "../../../engine/wiring/controlled/crash-images.ts";
import { HarnessError } from "../../../conformance/driver.ts";

export interface FoundRecord {
  readonly version: number;
  readonly position: number;
  readonly whole: boolean;
  readonly start: number;
  readonly end: number;
  /** What it says; undefined unless it is whole. */
  readonly record: WalRecord | undefined;
}

export interface FoundSegment {
  readonly file: string;
  readonly index: number;
  readonly seed: number;
  /** The highest version before it. */
  readonly baseVersion: number;
  readonly records: readonly FoundRecord[];
}

/** So much of a torn record must be there for its version and position to show. */
export const shownBytes = 29;

const recordAt = (bytes: Uint8Array, start: number, seed: number): FoundRecord => {
  const found = frameAt(bytes, start, seed);
  if (typeof found !== "string") {
    const { version, position } = found.frame;
    return { version, position, whole: true, start, end: found.end, record: recordOf(found.frame, "a record") };
  }
  const next = nextMagic(bytes, start + 1);
  const head = new DataView(bytes.buffer, bytes.byteOffset + start, bytes.length - start);
  if (head.byteLength < shownBytes) throw new HarnessError(`a torn record of ${String(head.byteLength)} bytes does not show its version`);
  const [version, position] = [Number(head.getBigUint64(13, true)), Number(head.getBigUint64(21, true))];
  return { version, position, whole: false, start, end: next < 0 ? bytes.length : next, record: undefined };
};

const recordsFrom = (bytes: Uint8Array, start: number, seed: number): readonly FoundRecord[] => {
  const records: FoundRecord[] = [];
  for (let at = start; at < bytes.length;) {
    const record = recordAt(bytes, at, seed);
    records.push(record);
    at = record.end;
  }
  return records;
};

/** All segments whose header can be read, in order. */
export const segmentsOf = ({ files }: DiskImage): readonly FoundSegment[] =>
  [...files]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([file, bytes]) => {
      const index = segmentIndex(file);
      const read = index === undefined ? undefined : readHeader(bytes, file, true);
      if (index === undefined || read === undefined) return [];
      const seed = seedOf(read.header.storeId, index);
      return [{ file, index, seed, baseVersion: read.header.baseVersion, records: recordsFrom(bytes, read.end, seed) }];
    });

/** A change of one segment that is not synced. */
export type FoundChange =
  | { readonly type: "Append"; readonly record: FoundRecord }
  /** `length`: so many records are left. */
  | { readonly type: "Cut"; readonly length: number };

/** The changes that a crash of the machine could take from the segment, oldest first, on top of what is synced. */
export const changesOfSegment = (synced: FoundSegment, operations: readonly UnsyncedOperation[]): readonly FoundChange[] => {
  let starts = synced.records.map((r) => r.start);
  return operations.map(({ kind, offset, bytes }): FoundChange => {
    if (kind === "append") {
      const record = recordAt(bytes, 0, synced.seed);
      starts.push(offset);
      return { type: "Append", record };
    }
    starts = starts.filter((start) => start < offset);
    return { type: "Cut", length: starts.length };
  });
};

/** Less than the whole, and enough to show what it was. */
export const tornLength = (bytes: Uint8Array): number => Math.max(frameOverhead, Math.floor(bytes.length / 2));
