/**
 * The file of a checkpoint, `checkpoint-00000003.ckpt`: a header frame, frames of pairs, a footer frame with their
 * number. Its number is its mark: the segments from that number on hold what it does not. It is written under a
 * temporary name, synced, renamed, and the directory synced, so that a file with the right name is whole unless the
 * disk has damaged it.
 */
import { z } from "zod";
import { decode, encode } from "../codec.ts";
import type { Disk } from "../ports.ts";
import { CorruptionError } from "./errors.ts";
import { Bytes, encodeFrame, frameAt, frameType, seedOf } from "./record.ts";
import type { FrameType } from "./record.ts";
import { formatVersion } from "./segment.ts";
import { StateLoader } from "./spaces.ts";
import type { Pair, Space } from "./spaces.ts";
import type { StoreState } from "./state.ts";

const natural = z.number().int().nonnegative();
const Header = z.strictObject({
  format: z.literal(formatVersion, `this program reads format ${formatVersion}`),
  storeId: z.string().min(1).max(64),
  index: natural,
  /** It came in place of whatever was in the log before: nothing older may be fallen back to, and its segment may be missing yet. */
  startsLog: z.boolean(),
});
export type CheckpointHeader = z.infer<typeof Header>;
const Footer = z.strictObject({ pairs: natural });
const Pairs = z.strictObject({ space: z.string(), pairs: z.array(z.tuple([z.string(), Bytes])) });

export const temporaryName = "checkpoint.tmp";
export const checkpointName = (index: number): string => `checkpoint-${String(index).padStart(8, "0")}.ckpt`;
export const checkpointIndex = (file: string): number | undefined => {
  const digits = /^checkpoint-(\d{8,})\.ckpt$/.exec(file)?.[1];
  return digits === undefined ? undefined : Number(digits);
};

const frameBytes = 256 * 2 ** 10;

/** The frames of the file, one after the other; a frame ends when its pairs have about `frameBytes` bytes. */
export async function* checkpointFrames(header: CheckpointHeader, spaces: Iterable<Space>): AsyncGenerator<Uint8Array> {
  const seed = seedOf(header.storeId, header.index);
  const frame = (type: FrameType, body: unknown, ofSeed: number): Uint8Array =>
    encodeFrame({ type, version: 0, position: 0, index: 0, durable: 0, body: encode(body) }, ofSeed);
  yield frame(frameType.header, header, 0);
  let count = 0;
  for (const space of spaces) {
    let pairs: Pair[] = [];
    let bytes = 0;
    for await (const pair of space.pairs) {
      pairs.push(pair);
      count += 1;
      bytes += pair[0].length + pair[1].length;
      if (bytes < frameBytes) continue;
      yield frame(frameType.pairs, { space: space.name, pairs }, seed);
      pairs = [];
      bytes = 0;
    }
    // Also without pairs: an empty branch is a branch.
    yield frame(frameType.pairs, { space: space.name, pairs }, seed);
  }
  yield frame(frameType.footer, { pairs: count }, seed);
}

/** Throws CorruptionError, DecodeError or StoreError, each naming what is wrong. */
export const readCheckpoint = async (
  disk: Disk,
  file: string,
): Promise<{ readonly header: CheckpointHeader; readonly state: StoreState }> => {
  const bytes = await disk.read(file);
  const at = (offset: number, seed: number) => {
    const found = frameAt(bytes, offset, seed);
    if (typeof found === "string") throw new CorruptionError(file, offset, found);
    return found;
  };
  const first = at(0, 0);
  if (first.frame.type !== frameType.header) throw new CorruptionError(file, 0, "its first record is no header");
  const header = decode(Header, first.frame.body, `the header of ${file}`);
  if (checkpointName(header.index) !== file) throw new CorruptionError(file, 0, `its header is that of ${checkpointName(header.index)}`);
  const seed = seedOf(header.storeId, header.index);
  const loader = new StateLoader();
  let count = 0;
  let next = at(first.end, seed);
  for (; next.frame.type === frameType.pairs; next = at(next.end, seed)) {
    const { space, pairs } = decode(Pairs, next.frame.body, `a record of ${file} before byte ${next.end}`);
    if (space.startsWith("branch/")) loader.declare(space);
    for (const pair of pairs) loader.add(space, pair);
    count += pairs.length;
  }
  if (next.frame.type !== frameType.footer || next.end !== bytes.length)
    throw new CorruptionError(file, next.end, "its last record is no footer");
  const footer = decode(Footer, next.frame.body, `the footer of ${file}`);
  if (footer.pairs !== count) throw new CorruptionError(file, next.end, `it has ${count} pairs, its footer says ${footer.pairs}`);
  return { header, state: loader.finish() };
};
