/**
 * What may be on a disk after a crash. Not modelled: a write of which later bytes survive and earlier ones do not, within
 * one append; a rename that leaves both names; errors of the medium other than `corrupt`.
 */
import { createHash } from "node:crypto";
import { type Choose, everyOutcome, someOutcomes } from "./choices.ts";
import { Contents } from "./contents.ts";
import { ControlledRandom } from "./random.ts";
import { applyData, applyName, type DataOperation, type Names, type StoredFile, type StoredFiles } from "./stored-files.ts";

/**
 * P: the process is gone, the machine is not: every operation that was carried out survives.
 * M0: the machine is gone: exactly what was synced survives. Names count as synced at once, up to M3.
 * M1: also the first so many of the unsynced operations. M2: also any of them, whatever became of the earlier ones; a hole
 * that a lost append leaves reads as zeros, and the last surviving operation of a file decides its length.
 * M3: also, of the last surviving unsynced append of each file, only a first part.
 * M4: also, any of the creations, renames and removals since the last sync of the directory are undone.
 * Each includes what the one before it allows. Of calls in flight, P and M1 and later allow that they were carried out or
 * not, P and M3 and later also that an append was cut short.
 */
export type CrashKind = "P" | "M0" | "M1" | "M2" | "M3" | "M4";

/** The files of a disk that nobody has open. */
export interface DiskImage {
  readonly files: ReadonlyMap<string, Uint8Array>;
}

export interface CrashOptions {
  /** For what is sampled. */
  readonly seed?: number;
  /** Up to so many operations whose survival is open, every combination is enumerated. */
  readonly enumeratedOperations?: number;
  /** An append up to this length is cut at each of its bytes; a longer one near its ends and at so many drawn lengths. */
  readonly everyCutUpToBytes?: number;
  /** At most so many combinations are enumerated; beyond, this many are drawn. */
  readonly maxImages?: number;
}

export interface Crash {
  readonly kind: CrashKind;
  /** No two are equal. */
  readonly images: readonly DiskImage[];
  /** What was drawn at random instead of enumerated; empty when the images are all there are. */
  readonly sampled: readonly ("operations" | "cuts")[];
  readonly openOperations: number;
}

/** A call that had not been answered when the crash came; those that touch the same are carried out in order. */
export interface CallInFlight {
  readonly touches: readonly string[];
  /** The length of an append, otherwise absent. */
  readonly appendBytes?: number;
  /** Of an append, only the first `writtenBytes`. What cannot be carried out is left out. */
  readonly carryOut: (files: StoredFiles, writtenBytes?: number) => void;
}

const kinds: readonly CrashKind[] = ["M0", "M1", "M2", "M3", "M4"];
const defaults = { seed: 1, enumeratedOperations: 8, everyCutUpToBytes: 32, maxImages: 4096 };

export const keyOf = (image: DiskImage): string => {
  const hash = createHash("sha256");
  for (const [name, bytes] of [...image.files].sort(([a], [b]) => (a < b ? -1 : 1))) hash.update(`${name}/${bytes.length}/`).update(bytes);
  return hash.digest("base64");
};

export const crashImages = (files: StoredFiles, inFlight: readonly CallInFlight[], kind: CrashKind, options: CrashOptions = {}): Crash => {
  const { seed, enumeratedOperations, everyCutUpToBytes, maxImages } = { ...defaults, ...options };
  const cuts = new Cuts(everyCutUpToBytes, seed);
  const build = (of: CrashKind) => (choose: Choose) => buildImage(files, inFlight, of, choose, cuts);
  const openOperations =
    (kind === "P" || kind === "M0" ? 0 : unsyncedData(files).length) +
    (kind === "M0" ? 0 : inFlight.length) +
    (kind === "M4" ? files.nameOperations.length : 0);
  const images = new Map<string, DiskImage>();
  const keep = (image: DiskImage): void => void images.set(keyOf(image), image);
  let isSampled = kind !== "M1" && openOperations > enumeratedOperations;
  if (!isSampled) {
    let built = 0;
    for (const image of everyOutcome(build(kind))) {
      keep(image);
      isSampled = ++built > maxImages;
      if (isSampled) break;
    }
  }
  if (isSampled) {
    const random = new ControlledRandom(seed);
    if (kind === "P") keep(build("P")((n) => n - 1));
    // The kinds that this one includes, so that the extremes and every prefix are there.
    for (const included of kinds.slice(0, Math.max(0, kinds.indexOf(kind))))
      for (const image of crashImages(files, inFlight, included, { ...options, maxImages: Math.ceil(maxImages / 2) }).images) keep(image);
    for (const image of someOutcomes(build(kind), random, maxImages)) keep(image);
  }
  return { kind, images: [...images.values()], sampled: [...(isSampled ? ["operations" as const] : []), ...cuts.sampled], openOperations };
};

/** The lengths to which an append may be cut; the same append always gets the same. */
class Cuts {
  readonly sampled: "cuts"[] = [];
  constructor(
    private readonly everyUpTo: number,
    private readonly seed: number,
  ) {}

  of(length: number): readonly number[] {
    if (length <= this.everyUpTo) return Array.from({ length: length + 1 }, (_, n) => n);
    if (this.sampled.length === 0) this.sampled.push("cuts");
    const random = new ControlledRandom(this.seed ^ length);
    const drawn = Array.from({ length: this.everyUpTo }, () => random.integer(length));
    return [...new Set([0, 1, length - 1, ...drawn, length])].sort((a, b) => a - b);
  }

  /** At most `length`, which is the last option. */
  choose(length: number, choose: Choose): number {
    const lengths = this.of(length);
    return lengths[choose(lengths.length)] ?? length;
  }
}

const filesOf = (files: StoredFiles): Set<StoredFile> =>
  new Set([...files.durableNames.values(), ...files.nameOperations.map((o) => o.file), ...files.names.values()]);

const unsyncedData = (files: StoredFiles): readonly DataOperation[] =>
  [...filesOf(files)]
    .flatMap((f) => f.operations)
    .filter((o) => o.durability !== "durable")
    .sort((a, b) => a.sequence - b.sequence);

const buildImage = (before: StoredFiles, inFlight: readonly CallInFlight[], kind: CrashKind, choose: Choose, cuts: Cuts): DiskImage => {
  if (kind === "P") return imageOf(afterCallsInFlight(before, inFlight, choose, cuts), () => true);
  if (kind === "M0") return imageOf(before, () => false);
  if (kind === "M1") {
    const unsynced = unsyncedData(before);
    const survivors = choose(unsynced.length + inFlight.length + 1);
    const files = inFlight.length === 0 ? before : before.clone();
    for (const call of inFlight.slice(0, Math.max(0, survivors - unsynced.length))) call.carryOut(files);
    const first = new Set(unsynced.slice(0, survivors).map((o) => o.sequence));
    return imageOf(files, (o) => survivors > unsynced.length || first.has(o.sequence));
  }
  const files = afterCallsInFlight(before, inFlight, choose, undefined);
  const surviving = new Set(unsyncedData(files).filter(() => choose(2) === 1));
  const names = kind === "M4" ? survivingNames(files, choose) : files.names;
  const isSurviving = (o: DataOperation): boolean => surviving.has(o);
  return imageOf(files, isSurviving, names, kind === "M2" ? undefined : (length) => cuts.choose(length, choose));
};

const survivingNames = (files: StoredFiles, choose: Choose): Names => {
  const names = new Map(files.durableNames);
  for (const operation of files.nameOperations) if (choose(2) === 1) applyName(names, operation);
  return names;
};

/** Each call was carried out or not, or, with `cuts`, an append in part; then nothing after it that touches the same was. */
const afterCallsInFlight = (
  before: StoredFiles,
  inFlight: readonly CallInFlight[],
  choose: Choose,
  cuts: Cuts | undefined,
): StoredFiles => {
  if (inFlight.length === 0) return before;
  const files = before.clone();
  const incomplete = new Set<string>();
  for (const call of inFlight) {
    const isBlocked = call.touches.some((t) => incomplete.has(t));
    const isCarriedOut = !isBlocked && choose(2) === 1;
    if (isCarriedOut) {
      const length = call.appendBytes;
      const written = length === undefined || cuts === undefined ? length : cuts.choose(length, choose);
      call.carryOut(files, written);
      if (written === length) continue;
    }
    for (const touched of call.touches) incomplete.add(touched);
  }
  return files;
};

const imageOf = (
  files: StoredFiles,
  isSurviving: (operation: DataOperation) => boolean,
  names: Names = files.names,
  cut?: (length: number) => number,
): DiskImage => {
  const image = new Map<string, Uint8Array>();
  for (const [name, file] of names) {
    const contents = new Contents(file.base.bytes());
    const operations = file.operations.filter((o) => o.durability === "durable" || isSurviving(o));
    const last = operations.at(-1);
    for (const operation of operations) {
      const isOpen = operation === last && operation.kind === "append" && operation.durability !== "durable";
      applyData(contents, operation, isOpen && cut !== undefined ? cut(operation.bytes.length) : undefined);
    }
    image.set(name, contents.bytes());
  }
  return { files: image };
};
