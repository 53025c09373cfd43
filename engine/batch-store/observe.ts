/** What the state of a batch store looks like from outside: plain values, in a fixed order, copied. */
import type { Author } from "./author.ts";
import type { BatchId, Digest } from "./batch.ts";
import type { BatchIds } from "./batch-ids.ts";
import type { Collector } from "./collector.ts";
import type { Balance, Mode } from "./quota.ts";
import type { Readers } from "./readers.ts";
import type { Promised, StoreState } from "./state.ts";

interface Held {
  readonly author: number;
  readonly batchId: BatchId;
  readonly expiry: number;
  readonly epoch: number;
  readonly bytes: number;
}
export interface Observed {
  readonly replica: number;
  readonly epoch: number;
  /** What belongs to epochs before this one is garbage. */
  readonly releasedBefore: number;
  readonly certifiedTime: number;
  readonly cache: Readonly<Record<Digest, Held & { readonly mode: Mode }>>;
  /** As they are once all that was handed to the table is done. */
  readonly rows: Readonly<Record<Digest, Held>>;
  /** What survives a crash of the machine. */
  readonly durableRows: Readonly<Record<Digest, Held>>;
  readonly timers: readonly number[];
  readonly locks: readonly Digest[];
  readonly collector: "idle" | "expire" | "delete";
  readonly subscriptions: ReturnType<Readers["observe"]>;
  /** Signatures that have left this process, and batches that its readers were given; until they expire. */
  readonly signed: Readonly<Record<Digest, Promised>>;
  readonly notified: Readonly<Record<Digest, Promised>>;
  readonly submissions: ReturnType<Author["pending"]>;
  readonly batchIds: ReturnType<BatchIds["observe"]>;
  /** What is left to each author that has stored something. */
  readonly balances: Readonly<Record<number, Balance>>;
  readonly dropped: { readonly malformed: number; readonly impostor: number; readonly tooMany: number };
  readonly isPoisoned: boolean;
  readonly isClosed: boolean;
}

interface Observable {
  readonly state: StoreState;
  readonly collector: Collector;
  readonly readers: Readers;
  readonly author: Author;
  readonly ids: BatchIds;
  readonly dropped: Observed["dropped"];
}

const byDigest = <T>(entries: Iterable<readonly [Digest, T]>): Record<Digest, T> =>
  Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
const held = ({ author, batchId, expiry, epoch, bytes }: Held): Held => ({ author, batchId: { ...batchId }, expiry, epoch, bytes });

export const observed = ({ state, collector, readers, author, ids, dropped }: Observable): Observed => ({
  replica: state.config.replica,
  epoch: state.epoch,
  releasedBefore: state.releasedBefore,
  certifiedTime: state.certifiedTime,
  cache: byDigest(state.cache.all().map((e) => [e.digest, { ...held({ ...e, bytes: e.share.bytes }), mode: e.share.mode }] as const)),
  rows: byDigest(state.rows.all().map(([digest, row]) => [digest, held(row)] as const)),
  durableRows: byDigest(state.rows.durableRows().map(([digest, row]) => [digest, held(row)] as const)),
  timers: state.cache.timerTimes(),
  locks: [...state.locks.locked()].sort(),
  collector: collector.phase,
  subscriptions: readers.observe(),
  signed: byDigest([...state.signed].map(([digest, promised]) => [digest, { ...promised }] as const)),
  notified: byDigest([...state.notified].map(([digest, promised]) => [digest, { ...promised }] as const)),
  submissions: author.pending(),
  batchIds: ids.observe(),
  balances: Object.fromEntries(state.quotas.authors().map((a) => [a, { ...state.quotas.balanceOf(a) }])),
  dropped: { ...dropped },
  isPoisoned: state.rows.poisonedBy !== undefined,
  isClosed: state.isClosed,
});
