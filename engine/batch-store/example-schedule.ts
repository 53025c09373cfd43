/**
 * A random schedule of a cluster of batch stores, from a seed: submissions, readers, deliveries, losses, repetitions, steps,
 * completions of writes, certified time, epochs, crashes of both kinds and restarts; after each, the invariants. For tests.
 */
import { ControlledRandom } from "../wiring/controlled/random.ts";
import type { TableImage } from "../wiring/controlled/table.ts";
import type { BatchStore, Parts } from "./batch-store.ts";
import type { BatchStoreOptions } from "./config.ts";
import { bytes, Cluster } from "./example-cluster.ts";
import type { Member } from "./example-cluster.ts";
import { History, violation } from "./example-invariants.ts";

export interface ScheduleOptions {
  readonly seed: number;
  readonly length: number;
  readonly parts?: Partial<Parts>;
  readonly config?: Partial<BatchStoreOptions>;
}
export interface ScheduleResult {
  /** The invariant that failed first. */
  readonly violated: string | undefined;
  /** How often each action was taken: so that a schedule that does nothing is seen. */
  readonly taken: Readonly<Record<string, number>>;
  readonly proofs: number;
  readonly fetched: number;
}
type Action = () => unknown;

class Schedule {
  readonly history = new History();
  readonly taken: Record<string, number> = {};
  fetched = 0;
  private readonly cluster: Cluster;
  private readonly random: ControlledRandom;
  private readonly down = new Map<number, TableImage>();
  private time = 0;
  private payloads = 0;

  constructor({ seed, parts, config }: ScheduleOptions) {
    this.random = new ControlledRandom(seed);
    this.cluster = new Cluster({
      seed,
      config: { batchIdRange: 2, quota: { batches: 6, memoryBytes: 600 }, ...config },
      ...(parts && { parts }),
      prepare: ({ table, steps }) => {
        table.hold();
        steps.hold();
      },
      onSend: (_from, _to, message) => this.history.onSend(message),
    });
    for (let replica = 1; replica <= this.cluster.size; replica++) this.cluster.start(replica);
  }

  async run(length: number): Promise<string | undefined> {
    for (let i = 0; i < length; i++) {
      const [name, action] = this.pick(this.actions());
      this.taken[name] = (this.taken[name] ?? 0) + 1;
      action();
      await this.cluster.settle();
      const violated = violation(this.cluster, this.history);
      if (violated !== undefined) return violated;
    }
    return undefined;
  }

  private pick(actions: readonly (readonly [weight: number, name: string, action: Action])[]): readonly [string, Action] {
    let at = this.random.integer(actions.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, name, action] of actions) if ((at -= weight) < 0) return [name, action];
    throw new Error("no action was picked");
  }

  private one<T>(of: readonly T[]): T {
    const picked = of[this.random.integer(of.length)];
    if (picked === undefined) throw new Error("nothing to pick from");
    return picked;
  }

  private actions() {
    const members = [...this.cluster.members.values()];
    const open = members.flatMap(({ store }) => store ?? []);
    return [
      ...this.inside(members),
      ...this.onNetwork(),
      ...(open.length > 0 ? this.ofClients(open) : []),
      ...(members.length > 0 ? [[1, "crash", () => this.crash(this.one(members))] as const] : []),
      ...(this.down.size > 0 ? [[6, "restart", () => this.restart(this.one([...this.down.keys()]))] as const] : []),
    ];
  }

  private inside(members: readonly Member[]) {
    const waiting = members.flatMap(({ steps }) =>
      steps.waiting().map(
        ({ id }) =>
          () =>
            steps.release(id),
      ),
    );
    const writing = members.flatMap(({ table }) =>
      table
        .pending()
        .slice(0, 1)
        .map(
          ({ id }) =>
            () =>
              table.complete(id),
        ),
    );
    const timers = members.flatMap(({ clock }) =>
      clock
        .timers()
        .filter(({ name }) => name === "batch retransmission" || name === "batch request")
        .map(
          ({ id }) =>
            () =>
              clock.fire(id),
        ),
    );
    return [
      ...(waiting.length > 0 ? [[20 + 4 * waiting.length, "step", () => this.one(waiting)()] as const] : []),
      ...(writing.length > 0 ? [[20, "write", () => this.one(writing)()] as const] : []),
      ...(timers.length > 0 ? [[2, "timer", () => this.one(timers)()] as const] : []),
    ];
  }

  private onNetwork() {
    const messages = this.cluster.network.messages();
    if (messages.length === 0) return [];
    const { network } = this.cluster;
    return [
      [20, "deliver", () => network.deliver(this.one(messages).id)] as const,
      [messages.length > 20 ? 40 : 1, "lose", () => network.drop(this.one(messages).id)] as const,
      [1, "repeat", () => network.duplicate(this.one(messages).id)] as const,
    ];
  }

  private ofClients(open: readonly BatchStore[]) {
    const { proofs } = this.history;
    const latest = proofs.slice(-4);
    return [
      [4, "submit", () => this.submit(this.one(open))] as const,
      [2, "advance", () => this.advance(this.one(open))] as const,
      ...(this.random.integer(20) === 0 ? [[4, "endEpoch", () => this.endEpoch(this.one(open))] as const] : []),
      ...(latest.length > 0
        ? [[4, "fetch", () => this.fetch(this.one(open))] as const, [3, "prolong", () => this.prolong()] as const]
        : []),
    ];
  }

  private submit(store: BatchStore): void {
    this.payloads += 1;
    const submission = store.submit([bytes(`payload ${this.payloads}`)], { expiry: this.time + 1 + this.random.integer(3) });
    submission.then(
      (proof) => this.history.proofs.push(proof),
      () => undefined,
    );
  }

  private prolong(): void {
    const { digest, author } = this.one(this.history.proofs.slice(-4));
    const prolonged = this.cluster.members.get(author)?.store?.prolong(digest, { expiry: this.time + 1 + this.random.integer(3) });
    prolonged?.then(
      (proof) => this.history.proofs.push(proof),
      () => undefined,
    );
  }

  private fetch(store: BatchStore): void {
    const proof = this.one(this.history.proofs.slice(-4));
    store.fetch(proof.digest, proof).then(
      () => (this.fetched += 1),
      () => undefined,
    );
  }

  private advance(store: BatchStore): void {
    if (this.random.integer(3) === 0) this.time += 1;
    store.advanceCertifiedTime(this.time).catch(() => undefined);
  }

  private endEpoch(store: BatchStore): void {
    store.endEpoch(store.observe().epoch + 1).catch(() => undefined);
  }

  private crash({ replica, table }: Member): void {
    const kind = this.random.integer(2) === 0 ? "P" : "M";
    this.down.set(replica, this.cluster.crash(replica, kind, this.one(table.crash(kind))));
  }

  private restart(replica: number): void {
    this.cluster.start(replica, this.down.get(replica));
    this.down.delete(replica);
  }
}

export const runSchedule = async (options: ScheduleOptions): Promise<ScheduleResult> => {
  const schedule = new Schedule(options);
  const violated = await schedule.run(options.length);
  const { taken, history, fetched } = schedule;
  return { violated, taken, proofs: history.proofs.length, fetched };
};
