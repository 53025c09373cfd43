/**
 * Segments of the write-ahead log: files `wal-00000001.log`, … with a header frame and the records behind it. Only the
 * last one is written; a segment is synced as a whole before the next one is created.
 *
 * A bad record is a torn tail, to be cut off, only where a crash can have left it: in the last segment, behind all that
 * was synced. Every record says up to where its file was synced when it was written. So a bad record at a place that
 * a later, whole record calls synced is damage, and so is any bad record in a segment that is not the last. Damage to
 * the very last synced record, with nothing behind it, cannot be told from a torn write, and is cut off.
 */
import { z } from "zod";
import { decode, encode } from "../codec.ts";
import { CorruptionError } from "./errors.ts";
import { frameAt, frameOverhead, frameType, maxBodyBytes, nextMagic, recordOf, encodeFrame, seedOf } from "./record.ts";
import type { WalRecord } from "./record.ts";

export const formatVersion = 1;
const natural = z.number().int().nonnegative();

const SegmentHeader = z.strictObject({
  format: z.literal(formatVersion, `this program reads format ${formatVersion}`),
  storeId: z.string().min(1).max(64),
  index: natural,
  /** The highest version in the log before this segment. */
  baseVersion: natural,
  /** False: it follows no segment but the checkpoint of its number. */
  continues: z.boolean(),
});
export type SegmentHeader = z.infer<typeof SegmentHeader>;

const maxHeaderBytes = 512;

export const segmentName = (index: number): string => `wal-${String(index).padStart(8, "0")}.log`;
export const segmentIndex = (file: string): number | undefined => {
  const digits = /^wal-(\d{8,})\.log$/.exec(file)?.[1];
  return digits === undefined ? undefined : Number(digits);
};

export const encodeHeader = (header: SegmentHeader): Uint8Array =>
  encodeFrame({ type: frameType.header, version: header.baseVersion, position: 0, index: 0, durable: 0, body: encode(header) }, 0);

/** Undefined for a file that a crash left before its header was synced, so that no record can ever have been in it. */
export const readHeader = (
  bytes: Uint8Array,
  file: string,
  isLast: boolean,
): { readonly header: SegmentHeader; readonly end: number } | undefined => {
  const found = frameAt(bytes, 0, 0);
  if (typeof found === "string") {
    // The first record is written after the sync: what begins like one shows that there was a header.
    if (isLast && bytes.length <= maxHeaderBytes && nextMagic(bytes, 1) < 0) return undefined;
    throw new CorruptionError(file, 0, `its header cannot be read (${found})`);
  }
  if (found.frame.type !== frameType.header) throw new CorruptionError(file, 0, "its first record is no header");
  const header = decode(SegmentHeader, found.frame.body, `the header of ${file}`);
  if (segmentName(header.index) !== file) throw new CorruptionError(file, 0, `its header is that of ${segmentName(header.index)}`);
  return { header, end: found.end };
};

export interface SegmentContent {
  readonly records: readonly WalRecord[];
  /** Of what is good: where a torn tail is cut off, and the file goes on. */
  readonly end: number;
}

/** Throws CorruptionError for anything that is neither a record nor the torn tail of the last segment. */
export const readRecords = (bytes: Uint8Array, file: string, header: SegmentHeader, start: number, isLast: boolean): SegmentContent => {
  const seed = seedOf(header.storeId, header.index);
  const records: WalRecord[] = [];
  let end = start;
  while (end < bytes.length) {
    const found = frameAt(bytes, end, seed);
    if (typeof found === "string") {
      const witness = isLast ? syncedBeyond(bytes, end, seed) : undefined;
      if (isLast && witness === undefined) break;
      const behind = isLast ? `the record at byte ${witness ?? 0} was written when this one was synced` : "a later segment exists";
      throw new CorruptionError(file, end, `${found}, and ${behind}`);
    }
    const isRecord = found.frame.type === frameType.commit || found.frame.type === frameType.execution;
    if (!isRecord) throw new CorruptionError(file, end, "a record of this type does not belong into a log");
    records.push(recordOf(found.frame, `the record of ${file} at byte ${end}`));
    end = found.end;
  }
  return { records, end };
};

/** The place of a whole record behind `offset` that was written when the file was synced beyond it. */
const syncedBeyond = (bytes: Uint8Array, offset: number, seed: number): number | undefined => {
  for (let at = nextMagic(bytes, offset + 1); at >= 0; at = nextMagic(bytes, at + 1)) {
    const found = frameAt(bytes, at, seed);
    if (typeof found !== "string" && found.frame.durable > offset) return at;
  }
  return undefined;
};

/** How long a segment may get: offsets are 32 bits wide. */
export const maxSegmentBytes = 2 ** 32 - 1 - maxBodyBytes - frameOverhead;
