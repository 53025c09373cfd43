/**
 * A process that restores a snapshot: the engine's driver and restore objects on two controlled tables, with chunks that come
 * when they are served, and steps that are passed when they are taken. Writes are carried out by whoever takes the step that
 * they belong to. A crash leaves the rows of the tables, on which another process can be started.
 */
import type { Table } from "../../engine/ports.ts";
import { Restore } from "../../engine/snapshot-restore/restore.ts";
import type { RestoreMode, RestoreOptions } from "../../engine/snapshot-restore/restore.ts";
import { RestoreDriver } from "../../engine/snapshot-restore/restore-driver.ts";
import type { ChunkSource, DriverOptions } from "../../engine/snapshot-restore/restore-driver.ts";
import type { Chunk, Manifest } from "../../engine/snapshot-restore/snapshot.ts";
import { settle } from "../../engine/wiring/controlled/settle.ts";
import { ControlledSteps } from "../../engine/wiring/controlled/steps.ts";
import type { WaitingStep } from "../../engine/wiring/controlled/steps.ts";
import { ControlledTable } from "../../engine/wiring/controlled/table.ts";
import { HarnessError } from "../../conformance/driver.ts";
import { clusterId } from "./numbered-snapshot.ts";
import type { NumberedSnapshot } from "./numbered-snapshot.ts";
import type { Rows } from "./restore-disk.ts";

/** The classes that are the engine: those of production, or with a defect. */
export interface RestoreEngine {
  readonly newRestore: (options: RestoreOptions) => Restore;
  readonly newDriver: (options: DriverOptions) => RestoreDriver;
}
export const production: RestoreEngine = {
  newRestore: (options) => new Restore(options),
  newDriver: (options) => new RestoreDriver(options),
};

export interface RestoreDisk {
  readonly kv: Rows;
  readonly tree: Rows;
}
export const emptyDisk: RestoreDisk = { kv: new Map(), tree: new Map() };

/** A chunk that is served is added at once: the two are one action. */
const isAction = (step: string): boolean => step !== "FetchChunk";

/** Gives a chunk when it is asked for one and one is served. */
class ServedChunks implements ChunkSource {
  private request: { readonly index: number; readonly give: (chunk: Chunk) => void } | undefined;
  readonly blamed: Error[] = [];

  constructor(private readonly description: Manifest) {}

  get asked(): number | undefined {
    return this.request?.index;
  }
  manifest(): Manifest {
    return this.description;
  }
  chunk(index: number): Promise<unknown> {
    return new Promise((give) => (this.request = { index, give }));
  }
  /** Whoever serves will serve another chunk the next time. */
  blame(error: Error): Promise<void> {
    this.blamed.push(error);
    return Promise.resolve();
  }
  serve(chunk: Chunk): void {
    this.request?.give(chunk);
    this.request = undefined;
  }
}

export interface ProcessOptions {
  readonly engine: RestoreEngine;
  readonly snapshot: NumberedSnapshot;
  readonly shards: number;
  readonly disk?: RestoreDisk;
  readonly mode?: RestoreMode;
  /** The steps that are waited at, and their writes held: by default all that is an action of its own. */
  readonly isHeld?: (step: string) => boolean;
  /** In place of the controlled table of the key-value side. */
  readonly kvTable?: (table: ControlledTable) => Table;
}

export class RestoreProcess {
  readonly source: ServedChunks;
  private readonly kv: ControlledTable;
  private readonly tree: ControlledTable;
  private readonly driverSteps = new ControlledSteps();
  private current: { readonly restore: Restore; readonly steps: ControlledSteps } | undefined;
  private end: { readonly error: unknown } | "succeeded" | undefined;

  private constructor({ engine, snapshot, shards, disk = emptyDisk, mode = "default", isHeld = isAction, kvTable }: ProcessOptions) {
    this.source = new ServedChunks(snapshot.manifest);
    [this.kv, this.tree] = [new ControlledTable({ rows: disk.kv }), new ControlledTable({ rows: disk.tree })];
    const tables = { kv: kvTable?.(this.kv) ?? this.kv, tree: this.tree };
    if (isHeld("WriteShard")) for (const table of [this.kv, this.tree]) table.hold();
    this.driverSteps.hold(isHeld);
    const newRestore = (manifest: Manifest): Restore => {
      const steps = new ControlledSteps();
      steps.hold(isHeld);
      const restore = engine.newRestore({ clusterId, manifest, tables, steps, mode, shards });
      this.current = { restore, steps };
      return restore;
    };
    const driver = engine.newDriver({ source: this.source, newRestore, steps: this.driverSteps, maxFailures: Infinity });
    driver.run().then(
      () => (this.end = "succeeded"),
      (error: unknown) => (this.end = { error }),
    );
  }

  static async start(options: ProcessOptions): Promise<RestoreProcess> {
    const process = new RestoreProcess(options);
    await process.settle();
    return process;
  }

  get restore(): Restore {
    if (this.current === undefined) throw new HarnessError("the restore driver has made no restore");
    return this.current.restore;
  }
  get hasSucceeded(): boolean {
    return this.end === "succeeded";
  }
  /** What ended the process; undefined when it goes on or has succeeded. */
  get failure(): Error | undefined {
    if (this.end === undefined || this.end === "succeeded") return undefined;
    const { error } = this.end;
    return error instanceof Error ? error : new Error(String(error));
  }

  waiting(): readonly WaitingStep[] {
    return [...(this.current?.steps.waiting() ?? []), ...this.driverSteps.waiting()];
  }
  private refusal(what: string): string {
    const places = this.waiting().map(({ step }) => step);
    if (this.source.asked !== undefined) places.push(`waiting for chunk ${this.source.asked}`);
    const { pc } = this.restore.observe();
    return `${what}: the restore is ${pc}, at ${places.join(", ") || "no step"}`;
  }

  /** Passes a step, and lets its writes be carried out. Returns why not, when the engine is not there. */
  async take(step: string): Promise<string | undefined> {
    return this.pass(step, (table, id) => {
      table.complete(id);
    });
  }
  /** Passes a step, and its write fails. */
  async failWriteOf(step: string): Promise<string | undefined> {
    return this.pass(step, (table, id) => {
      table.fail(id, "EIO");
    });
  }
  private async pass(step: string, end: (table: ControlledTable, id: number) => void): Promise<string | undefined> {
    const steps = [this.current?.steps, this.driverSteps].find((s) => s?.waiting().some((w) => w.step === step));
    const waiting = steps?.waiting().find((w) => w.step === step);
    if (steps === undefined || waiting === undefined) return this.refusal(`${step} is not next`);
    steps.release(waiting.id);
    await this.settle();
    for (let pending = this.pendingWrite(); pending !== undefined; pending = this.pendingWrite()) {
      end(pending.table, pending.id);
      await this.settle();
    }
    return undefined;
  }
  private pendingWrite(): { readonly table: ControlledTable; readonly id: number } | undefined {
    for (const table of [this.kv, this.tree]) {
      const [call] = table.pending();
      if (call !== undefined) return { table, id: call.id };
    }
    return undefined;
  }

  /** Gives the chunk that is asked for. Returns why not, when none is. */
  async serve(chunkOf: (index: number) => Chunk): Promise<string | undefined> {
    const { asked } = this.source;
    if (asked === undefined) return this.refusal("no chunk is asked for");
    this.source.serve(chunkOf(asked));
    await this.settle();
    return undefined;
  }

  settle(): Promise<void> {
    return settle(this);
  }
  /** Of all that is controlled here, for `settle`. */
  get activity(): number {
    return this.kv.activity + this.tree.activity + this.driverSteps.activity + (this.current?.steps.activity ?? 0);
  }

  disk(): RestoreDisk {
    return { kv: this.kv.image().rows, tree: this.tree.image().rows };
  }
  /** The machine is gone: what was synced stays. No step leaves a write in flight. */
  crash(): RestoreDisk {
    const [kv] = this.kv.crash("M");
    const [tree] = this.tree.crash("M");
    if (kv === undefined || tree === undefined) throw new HarnessError("a crash leaves no table");
    this.halt();
    return { kv: kv.rows, tree: tree.rows };
  }
  halt(): void {
    this.kv.halt();
    this.tree.halt();
  }
}
