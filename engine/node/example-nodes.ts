/** For tests: whole replicas on the controlled wiring, in one process, each with a disk, tables, steps and a clock of its own. */
import { encode } from "../codec.ts";
import { privateKeyOf } from "../batch-store/example-cluster.ts";
import { publicKeyOf } from "../batch-store/proof.ts";
import type { Journal, Witness } from "../ports.ts";
import type { Prepared } from "../transactional-store/prepared.ts";
import { pairKey } from "../transactional-store/keys.ts";
import { ControlledClock } from "../wiring/controlled/clock.ts";
import type { DiskImage } from "../wiring/controlled/crash-images.ts";
import { ControlledDisk } from "../wiring/controlled/disk.ts";
import { ControlledNetwork } from "../wiring/controlled/network.ts";
import type { MessageInFlight } from "../wiring/controlled/network.ts";
import { ControlledRandom } from "../wiring/controlled/random.ts";
import { settle } from "../wiring/controlled/settle.ts";
import { ControlledSteps } from "../wiring/controlled/steps.ts";
import { ControlledTable } from "../wiring/controlled/table.ts";
import type { TableImage } from "../wiring/controlled/table.ts";
import type { NodeOptions } from "./parts.ts";
import { ReplicaNode } from "./replica-node.ts";

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A process and its disk. */
export interface Process {
  readonly replica: number;
  readonly disk: ControlledDisk;
  readonly table: ControlledTable;
  readonly snapshotTable: ControlledTable;
  readonly clock: ControlledClock;
  readonly steps: ControlledSteps;
  readonly logged: string[];
  readonly failures: Error[];
  /** Without one nothing is written down. */
  journal: Journal | undefined;
  /** Without one the table alone says how far the log is. */
  witness: Witness | undefined;
  node: ReplicaNode | undefined;
}
interface Images {
  readonly disk: DiskImage;
  readonly table: TableImage;
  readonly snapshotTable: TableImage;
}

export class Nodes {
  readonly network = new ControlledNetwork();
  readonly processes = new Map<number, Process>();
  /** What is not delivered for now. */
  isHeld: (message: MessageInFlight) => boolean = () => false;
  private readonly images = new Map<number, Images>();
  private seed = 0;

  constructor(
    private readonly options: Partial<NodeOptions> = {},
    private readonly size = 3,
  ) {}

  static async started(options: Partial<NodeOptions> = {}, prepare?: (process: Process) => void): Promise<Nodes> {
    const nodes = new Nodes(options);
    for (const replica of nodes.replicas) await nodes.start(replica, prepare);
    return nodes;
  }

  get replicas(): readonly number[] {
    return Array.from({ length: this.size }, (_, i) => i + 1);
  }
  process(replica: number): Process {
    const found = this.processes.get(replica);
    if (found === undefined) throw new Error(`replica ${replica} does not run`);
    return found;
  }
  node(replica: number): ReplicaNode {
    const { node, logged } = this.process(replica);
    if (node === undefined) throw new Error(`replica ${replica} is not up: ${logged.join("; ")}`);
    return node;
  }

  /** On what its last crash has left. `prepare` sees the process before it runs. */
  async start(replica: number, prepare: (process: Process) => void = () => undefined): Promise<Process> {
    const image = this.images.get(replica);
    const logged: string[] = [];
    const failures: Error[] = [];
    const process: Process = {
      replica,
      disk: new ControlledDisk(image?.disk),
      table: new ControlledTable(image?.table),
      snapshotTable: new ControlledTable(image?.snapshotTable),
      clock: new ControlledClock(),
      steps: new ControlledSteps(),
      logged,
      failures,
      journal: undefined,
      witness: undefined,
      node: undefined,
    };
    this.processes.set(replica, process);
    prepare(process);
    const { disk, table, snapshotTable, clock, steps, journal, witness } = process;
    const logger = {
      log: (level: string, event: string, fields?: object) => void logged.push(`${level} ${event} ${JSON.stringify(fields)}`),
    };
    const random = new ControlledRandom(++this.seed);
    const ports = { network: this.network.attach(replica), disk, table, snapshotTable, clock, steps, logger, random, journal, witness };
    const options: NodeOptions = {
      cluster: "example",
      replica,
      replicas: this.size,
      privateKey: privateKeyOf(replica),
      publicKeys: this.replicas.map((r) => publicKeyOf(privateKeyOf(r))),
      durability: "batched",
      timing: {},
      checkpointEveryOps: 1_000,
      retainedOps: 1_000,
      onFailed: (error) => void failures.push(error),
      ...this.options,
    };
    process.node = await this.until(ReplicaNode.start(options, ports));
    return process;
  }

  /** P: only the process is gone. M0: of the disk, what was not synced is gone too. */
  crash(replica: number, kind: "P" | "M0" = "P"): void {
    const { disk, table, snapshotTable } = this.process(replica);
    const first = <T>(images: readonly T[]): T => {
      const [image] = images;
      if (image === undefined) throw new Error("a crash leaves at least one image");
      return image;
    };
    const [machine, images] = [kind === "P" ? "P" : "M", disk.crash(kind).images] as const;
    this.images.set(replica, {
      disk: first([...images]),
      table: first(table.crash(machine)),
      snapshotTable: first(snapshotTable.crash(machine)),
    });
    for (const part of [disk, table, snapshotTable]) part.halt();
    this.network.detach(replica);
    this.processes.delete(replica);
  }

  /** Everything runs, messages in their order and clocks together, until the promise has settled. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settled = promise.finally(() => (isSettled = true));
    settled.catch(() => undefined);
    await this.run(() => isSettled);
    return settled;
  }

  async run(isDone: () => boolean, mostMs = 60_000): Promise<void> {
    for (let ms = 0; ;) {
      const running = [...this.processes.values()];
      await settle(this.network, ...running.flatMap((p) => [p.disk, p.table, p.snapshotTable, p.clock, p.steps]));
      if (isDone()) return;
      const deliverable = this.network.messages().filter((m) => this.network.isConnected(m.from, m.to) && !this.isHeld(m));
      for (const { id } of deliverable) this.network.deliver(id);
      if (deliverable.length > 0) continue;
      if (ms > mostMs) throw new Error(`not done after ${mostMs} ms`);
      ms += 10;
      for (const { clock } of running) clock.advance(10);
    }
  }
  /** So long passes. */
  async pass(ms: number): Promise<void> {
    const [first] = this.processes.values();
    const begin = first?.clock.now() ?? 0;
    await this.run(() => (first?.clock.now() ?? ms) - begin >= ms);
  }

  /** Until somebody leads and answers. */
  async primary(among: readonly number[] = this.replicas): Promise<ReplicaNode> {
    for (;;) {
      await this.run(() => among.some((r) => this.processes.get(r)?.node?.isPrimary === true));
      const leading = among.map((r) => this.processes.get(r)?.node).find((n) => n?.isPrimary === true);
      if (leading === undefined) continue;
      const answers = await this.until(
        leading.caughtUp().then(
          () => true,
          () => false,
        ),
      );
      if (answers) return leading;
      await this.pass(20);
    }
  }

  /** All have executed all. */
  async caughtUp(): Promise<void> {
    const nodes = (): readonly ReplicaNode[] => [...this.processes.values()].flatMap((p) => p.node ?? []);
    const highest = Math.max(...nodes().map((n) => n.status().opNumber));
    await this.run(() => nodes().every((n) => n.status().executed >= highest));
  }

  /** What a replica would give others as a snapshot, as text. */
  async spaces(replica: number): Promise<string> {
    const exported = await this.node(replica).store.exportSpaces();
    const parts: string[] = [];
    for (const { name, pairs } of exported.spaces) {
      parts.push(name);
      for await (const [key, value] of pairs) parts.push(`${key}=${Buffer.from(value).toString("hex")}`);
    }
    exported.release();
    return parts.join("\n");
  }
}

/** A transaction that writes without having read. */
export const writing = (client: string, request: number, pairs: Readonly<Record<string, string>>): Uint8Array =>
  encode({
    branch: "main",
    snapshot: 0,
    reads: [],
    scans: [],
    writes: Object.entries(pairs).map(([key, value]): [string, Uint8Array] => [pairKey(key), bytes(value)]),
    collections: [],
    vectors: [],
    client,
    request,
  } satisfies Prepared);

export const valueOf = async (node: ReplicaNode, key: string): Promise<string | undefined> => {
  const t = node.store.begin("main");
  try {
    const value = await t.get(key);
    return value === undefined ? undefined : Buffer.from(value).toString();
  } finally {
    t.abort();
  }
};
