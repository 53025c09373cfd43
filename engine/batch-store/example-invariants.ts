/** The invariants of the batch store, checked on running stores and on what a crash would leave of their tables; for tests. */
import type { Digest } from "./batch.ts";
import type { BatchStore } from "./batch-store.ts";
import { rowKey } from "./example-cluster.ts";
import type { Cluster, Member } from "./example-cluster.ts";
import type { BatchMessage } from "./messages.ts";
import type { Observed } from "./observe.ts";
import type { ProofOfStore } from "./proof.ts";
import type { Promised } from "./state.ts";

/** What has left the processes, and outlives them. */
export class History {
  readonly signed = new Map<number, Map<Digest, Promised>>();
  readonly notified = new Map<number, Map<Digest, Promised>>();
  readonly proofs: ProofOfStore[] = [];
  private readonly sentIds = new Map<string, Digest>();
  repeatedId: string | undefined;

  onSend(message: BatchMessage): void {
    if (message.type !== "BatchMsg") return;
    for (const { batch } of message.batches) {
      const id = `${batch.author} ${batch.batchId.nonce} ${batch.batchId.number}`;
      // Payloads of the schedules are all different, so that equal ids of different batches show in the payload.
      const payload = batch.transactions.map((t) => Buffer.from(t).toString("hex")).join();
      if ((this.sentIds.get(id) ?? payload) !== payload) this.repeatedId = id;
      this.sentIds.set(id, payload);
    }
  }

  /** To be called after each step, before a crash can take it away. */
  observe(replica: number, { signed, notified }: Observed): void {
    merge(this.signed, replica, signed);
    merge(this.notified, replica, notified);
  }
}

const merge = (into: Map<number, Map<Digest, Promised>>, replica: number, more: Readonly<Record<Digest, Promised>>): void => {
  const ofReplica = into.get(replica) ?? new Map<Digest, Promised>();
  into.set(replica, ofReplica);
  for (const [digest, promised] of Object.entries(more)) {
    const before = ofReplica.get(digest);
    if (before === undefined || before.expiry < promised.expiry || before.epoch < promised.epoch) ofReplica.set(digest, promised);
  }
};

interface Running extends Member {
  readonly store: BatchStore;
  readonly state: Observed;
  readonly rows: ReadonlyMap<string, Uint8Array>;
}

const isOwed = ({ expiry, epoch }: Promised, { certifiedTime, releasedBefore }: Observed): boolean =>
  expiry > certifiedTime && epoch >= releasedBefore;
const serves = ({ state, rows }: Running, digest: Digest): boolean => {
  const entry = state.cache[digest];
  return entry !== undefined && (entry.mode === "memory" || rows.has(rowKey(digest)));
};
const survives = ({ table }: Running, digest: Digest): boolean =>
  [...table.crash("P"), ...table.crash("M")].every((i) => i.rows.has(rowKey(digest)));
const isQuiet = ({ table, steps, state }: Running): boolean =>
  table.pending().length === 0 && steps.waiting().length === 0 && state.locks.length === 0;

const ownInvariants: Readonly<Record<string, (running: Running, history: History) => boolean>> = {
  SignedIsServed: (r, { signed }) => [...(signed.get(r.replica) ?? [])].every(([d, p]) => !isOwed(p, r.state) || serves(r, d)),
  SignedIsDurable: (r, { signed }) => [...(signed.get(r.replica) ?? [])].every(([d, p]) => !isOwed(p, r.state) || survives(r, d)),
  NotifiedIsKept: (r, { notified }) => [...(notified.get(r.replica) ?? [])].every(([d, p]) => !isOwed(p, r.state) || survives(r, d)),
  CachedIsStored: (r) =>
    !isQuiet(r) ||
    Object.entries(r.state.cache).every(
      ([d, e]) => e.expiry <= r.state.certifiedTime || (r.rows.has(rowKey(d)) && r.state.rows[d]?.expiry === e.expiry),
    ),
  QuotaIsSum: (r) => {
    if (!isQuiet(r)) return true;
    const { quota } = r.store.config;
    return Object.entries(r.state.balances).every(([author, left]) => {
      const held = Object.values(r.state.cache).filter((e) => e.author === Number(author));
      const inMemory = held.filter((e) => e.mode === "memory");
      const bytesOf = (entries: typeof held): number => entries.reduce((sum, e) => sum + e.bytes, 0);
      return (
        left.batches + held.length === quota.batches &&
        left.dbBytes + bytesOf(held) === quota.dbBytes &&
        left.memoryBytes + bytesOf(inMemory) === quota.memoryBytes
      );
    });
  },
};

/** While no more than f are down, some running store serves a batch that has a proof. */
const proofIsServed = (running: readonly Running[], { size }: Cluster, { proofs }: History): boolean => {
  if (size - running.length > Math.floor((size - 1) / 2)) return true;
  return proofs.every((proof) => running.some((r) => !isOwed(proof, r.state)) || running.some((r) => serves(r, proof.digest)));
};

/** The name of an invariant that does not hold now; undefined when all hold. */
export const violation = (cluster: Cluster, history: History): string | undefined => {
  const running = [...cluster.members.values()].flatMap((member): Running[] =>
    member.store === undefined ? [] : [{ ...member, store: member.store, state: member.store.observe(), rows: member.table.image().rows }],
  );
  for (const { replica, state } of running) history.observe(replica, state);
  if (history.repeatedId !== undefined) return "NoIdIsSentTwice";
  for (const [name, holds] of Object.entries(ownInvariants)) if (!running.every((r) => holds(r, history))) return name;
  return proofIsServed(running, cluster, history) ? undefined : "ProofIsServed";
};
