/** Batch stores on the controlled wiring, for tests: each replica with a table, steps and a clock of its own, and one network. */
import type { JournalEvent, Table } from "../ports.ts";
import { ControlledClock } from "../wiring/controlled/clock.ts";
import { ControlledNetwork } from "../wiring/controlled/network.ts";
import { ControlledRandom } from "../wiring/controlled/random.ts";
import { settle } from "../wiring/controlled/settle.ts";
import { ControlledSteps } from "../wiring/controlled/steps.ts";
import { ControlledTable } from "../wiring/controlled/table.ts";
import type { TableImage } from "../wiring/controlled/table.ts";
import { BatchStore } from "./batch-store.ts";
import type { Parts } from "./batch-store.ts";
import type { BatchStoreOptions } from "./config.ts";
import type { BatchMessage } from "./messages.ts";
import { publicKeyOf } from "./proof.ts";

export const privateKeyOf = (replica: number): string => Buffer.alloc(32, replica).toString("base64url");
const publicKeys = [1, 2, 3, 4, 5].map((replica) => publicKeyOf(privateKeyOf(replica)));

export const optionsOf = (replica: number, size = 3, more: Partial<BatchStoreOptions> = {}): BatchStoreOptions => ({
  cluster: "example",
  replica,
  privateKey: privateKeyOf(replica),
  publicKeys: publicKeys.slice(0, size),
  ...more,
});

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const rowKey = (digest: string): string => `batch/${digest}`;

/** One process: gone after a crash. */
export interface Member {
  readonly replica: number;
  readonly table: ControlledTable;
  readonly steps: ControlledSteps;
  readonly clock: ControlledClock;
  /** Events that it has logged. */
  readonly logged: string[];
  /** Actions that it has written down. */
  readonly events: JournalEvent[];
  /** Undefined until it is open. */
  store: BatchStore | undefined;
  /** Why it could not be opened. */
  failure: unknown;
}

export interface ClusterOptions {
  readonly size?: number;
  readonly seed?: number;
  readonly config?: Partial<BatchStoreOptions>;
  readonly parts?: Partial<Parts>;
  /** Called with a new process before it opens: to hold its writes and steps. */
  readonly prepare?: (member: Member) => void;
  /** What the store is given in place of its table. */
  readonly onTable?: (table: Table) => Table;
  readonly onSend?: (from: number, to: number, message: BatchMessage) => void;
}

export class Cluster {
  readonly network = new ControlledNetwork();
  /** Running processes. */
  readonly members = new Map<number, Member>();
  private incarnations = 0;

  constructor(readonly options: ClusterOptions = {}) {}

  get size(): number {
    return this.options.size ?? 3;
  }

  /** A cluster in which everything passes at once, opened. */
  static async open(options: ClusterOptions = {}): Promise<Cluster> {
    const cluster = new Cluster(options);
    for (let replica = 1; replica <= cluster.size; replica++) cluster.start(replica);
    await cluster.settle();
    return cluster;
  }

  start(replica: number, image?: TableImage, more: Partial<BatchStoreOptions> = {}): Member {
    this.incarnations += 1;
    const [table, steps, clock] = [new ControlledTable(image), new ControlledSteps(), new ControlledClock()];
    const network = this.network.attach(replica);
    const member: Member = { replica, table, steps, clock, logged: [], events: [], store: undefined, failure: undefined };
    this.members.set(replica, member);
    this.options.prepare?.(member);
    network.onMessage((from, message) => member.store?.receive(from, message));
    const ports = {
      table: this.options.onTable?.(table) ?? table,
      clock,
      steps,
      random: new ControlledRandom((this.options.seed ?? 0) * 1000 + this.incarnations),
      logger: { log: (_: unknown, event: string) => void member.logged.push(event) },
      journal: { record: (event: JournalEvent) => void member.events.push(event) },
      send: (to: number, message: BatchMessage) => {
        if (this.members.get(replica) === member) this.options.onSend?.(replica, to, message);
        network.send(to, message);
      },
    };
    BatchStore.open(optionsOf(replica, this.size, { ...this.options.config, ...more }), ports, this.options.parts).then(
      (store) => (member.store = store),
      (error: unknown) => (member.failure = error),
    );
    return member;
  }

  /** The process is gone; what its table would be after the worst crash of this kind, unless an image is given. */
  crash(replica: number, kind: "P" | "M", image?: TableImage): TableImage {
    const { table } = this.member(replica);
    const left = image ?? table.crash(kind)[0];
    table.halt();
    this.network.detach(replica);
    this.members.delete(replica);
    if (left === undefined) throw new Error("a crash leaves at least one image");
    return left;
  }

  async restart(replica: number, kind: "P" | "M", more: Partial<BatchStoreOptions> = {}): Promise<BatchStore> {
    this.start(replica, this.crash(replica, kind), more);
    await this.settle();
    return this.store(replica);
  }

  member(replica: number): Member {
    const member = this.members.get(replica);
    if (member === undefined) throw new Error(`replica ${replica} is down`);
    return member;
  }

  store(replica: number): BatchStore {
    const { store, failure } = this.member(replica);
    if (store === undefined) throw new Error(`replica ${replica} is not open`, { cause: failure });
    return store;
  }

  settle(): Promise<void> {
    return settle(this.network, ...[...this.members.values()].flatMap(({ table, steps, clock }) => [table, steps, clock]));
  }

  /** Delivers until no message is left; those that `isLost` names are dropped. */
  async deliverAll(isLost: (to: number, type: string) => boolean = () => false): Promise<void> {
    for (let message = this.network.messages()[0]; message !== undefined; message = this.network.messages()[0]) {
      const { type } = message.message as BatchMessage; // only batch stores are on this network
      if (isLost(message.to, type)) this.network.drop(message.id);
      else this.network.deliver(message.id);
      await this.settle();
    }
  }
}

/** The first step with this name that waits at a member; throws when there is none. */
export const release = async (cluster: Cluster, replica: number, step: string): Promise<void> => {
  const { steps } = cluster.member(replica);
  const found = steps.waiting().find((waiting) => waiting.step === step);
  if (found === undefined)
    throw new Error(
      `nothing waits at ${step}; waiting: ${steps
        .waiting()
        .map((w) => w.step)
        .join(", ")}`,
    );
  steps.release(found.id);
  await cluster.settle();
};

/** What a promise has come to, without waiting for it. */
export const outcomeOf = <T>(promise: Promise<T>): { value?: T; error?: Error } => {
  const outcome: { value?: T; error?: Error } = {};
  promise.then(
    (value) => (outcome.value = value),
    (error: unknown) => (outcome.error = error instanceof Error ? error : new Error(String(error))),
  );
  return outcome;
};
