/** One node under control: its process, its timers and its disk. */
import { HarnessError } from "../driver.ts";
import type { Setup } from "../driver.ts";
import type { NodeView, PendingIo } from "./cluster-mapping.ts";
import { Connection } from "./connection.ts";
import type { AdapterOptions } from "./connection.ts";
import { NodeDisk } from "./node-disk.ts";
import type { Output, ReplyTo, StimulusKind } from "./protocol.ts";

/** What a node is started with, beside its disk. */
export type NodeSetup = Omit<Setup, "initial"> & { readonly peers: readonly string[] };

export class ControlledNode implements NodeView {
  readonly timers = new Set<string>();
  private connection: Connection | undefined;
  private disk = new NodeDisk();
  /** The actions that this process may report, when it has said hello. */
  private actions: ReadonlySet<string> | undefined;

  constructor(
    readonly name: string,
    private readonly command: string,
    private readonly options: AdapterOptions,
  ) {}

  get up(): boolean {
    return this.connection !== undefined;
  }
  get pid(): number | undefined {
    return this.connection?.pid;
  }
  get io(): readonly PendingIo[] {
    return this.disk.pending;
  }
  get unsynced(): number {
    return this.disk.unsynced;
  }
  get durable(): Readonly<Record<string, Buffer>> {
    return this.disk.durable;
  }

  /** Starts the process, if there is none; it is not waited for. */
  spawn(): void {
    if (this.connection !== undefined) return;
    this.connection = new Connection(this.command, this.options);
    this.actions = undefined;
  }
  /** With an empty disk. A process that runs is told to start afresh. */
  reset(setup: NodeSetup): Promise<readonly Output[]> {
    this.disk = new NodeDisk();
    return this.start(setup);
  }
  async start(setup: NodeSetup): Promise<readonly Output[]> {
    this.timers.clear();
    this.spawn();
    const connection = this.running();
    this.actions ??= new Set((await connection.hello("node")).actions);
    const disk = Object.fromEntries(Object.entries(this.durable).map(([file, content]) => [file, content.toString("base64")]));
    return (await connection.ask("init", { node: this.name, ...setup, disk })).out;
  }
  async crash(persisted: number): Promise<void> {
    const { connection } = this;
    this.connection = undefined;
    this.timers.clear();
    this.disk.crash(persisted);
    await connection?.kill();
  }

  react<K extends StimulusKind>(kind: K, fields: Readonly<Record<string, unknown>>): Promise<ReplyTo<K>> {
    return this.running().ask(kind, fields);
  }
  async observe(): Promise<Readonly<Record<string, unknown>>> {
    return (await this.running().ask("observe")).state;
  }

  /** Timers and disk are this node's own; throws HarnessError for what makes no sense. */
  own(output: Extract<Output, { type: "timer_set" | "timer_cancel" | "disk" }>): void {
    if (output.type === "timer_set") this.timers.add(output.timer);
    else if (output.type === "timer_cancel") this.timers.delete(output.timer);
    else if (!this.disk.issue(output))
      throw this.fault(`gives its disk an operation ${String(output.ioId)} before the last of that number has ended`);
  }
  endIo(ioId: number, failed: boolean): boolean {
    return this.disk.end(ioId, failed);
  }
  reports(action: string): void {
    if (this.actions?.has(action) !== true) throw this.fault(`reports the action ${action}, which its hello has not named`);
  }

  fault(what: string): HarnessError {
    const message = `node ${this.name} ${what}`;
    return this.connection?.fail(message) ?? new HarnessError(message);
  }
  async close(): Promise<void> {
    const { connection } = this;
    this.connection = undefined;
    await connection?.close();
  }

  private running(): Connection {
    if (this.connection === undefined) throw new HarnessError(`node ${this.name} is down`);
    return this.connection;
  }
}
