/**
 * The write-ahead log as a file: what is on disk, and what the page cache holds on top of it. Every change (a record
 * appended, the file cut) happens in the page cache first; a sync brings all changes to disk; a machine crash leaves a
 * prefix of the changes that were not synced, and perhaps half of the next record. A record that is not whole fails its
 * checksum. Left out: changes that reach the disk out of order, and a failed sync after which the kernel forgets what
 * was not written.
 */
import { bool, int, record, union } from "../../language/index.ts";
import type { ValueOf } from "../../language/index.ts";

const MOST = 16;
/** One record is one transaction. */
export const LogRecord = record({ txn: int(0, MOST), version: int(0, MOST), whole: bool });
export type LogRecord = ValueOf<typeof LogRecord>;

/** A change of the file that may not be on disk yet. */
export const Change = union({ Append: { record: LogRecord }, Cut: { length: int(0, MOST) } });
type Change = ValueOf<typeof Change>;

const changed = (file: readonly LogRecord[], change: Change): readonly LogRecord[] =>
  change.type === "Append" ? [...file, change.record] : file.slice(0, change.length);

/** The file as a process sees it: disk and page cache together. */
export const content = (disk: readonly LogRecord[], cache: readonly Change[]): readonly LogRecord[] => cache.reduce(changed, disk);

/** What recovery reads: all up to the first record whose checksum is wrong. */
export const readable = (file: readonly LogRecord[]): readonly LogRecord[] => {
  const bad = file.findIndex((r) => !r.whole);
  return bad < 0 ? file : file.slice(0, bad);
};

export const recordText = ({ txn, version, whole }: LogRecord): string =>
  whole ? `t${String(txn)}@${String(version)}` : `t${String(txn)} torn`;

export const fileText = (file: readonly LogRecord[]): string => file.map(recordText).join(" ");

export const changeText = (change: Change): string =>
  change.type === "Append" ? `+${recordText(change.record)}` : `cut to ${String(change.length)}`;
