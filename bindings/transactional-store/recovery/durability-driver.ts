/**
 * The driver of `durability`: one client commits, one transaction after the other, in a log of one segment. Each write
 * and each sync of the log is a held call of the disk; both crashes choose what is left of them.
 *
 * Steps of the engine that the spec does not have (Lock, Append, Finish, Rotate) are passed at once. In the batched mode
 * the spec goes on without a sync in a step of its own, and the engine in that which ends with the decision; there the
 * engine is held before the decision, so that a Sync that it would not do cannot be tried without letting it go on.
 */
import { z } from "zod";
import { PoisonedError } from "../../../engine/transactional-store/errors.ts";
import { pairKey, mainBranch } from "../../../engine/transactional-store/keys.ts";
import type { StoreOptions } from "../../../engine/transactional-store/transactional-store.ts";
import type { DiskCall } from "../../../engine/wiring/controlled/disk.ts";
import { mapOf, range, setOf } from "../../../specs/language/index.ts";
import { HarnessError } from "../../../conformance/driver.ts";
import type { Arguments, Observation, Setup, StepResult } from "../../../conformance/driver.ts";
import { changesOfSegment, segmentsOf, tornLength } from "./log-on-disk.ts";
import type { FoundRecord } from "./log-on-disk.ts";
import { StoreDriver, ok, refused } from "./store-driver.ts";
import type { Actions } from "./store-driver.ts";
import type { Answer } from "./store-process.ts";

const keys = [1, 2];
const batchMs = 20;
const Left = z.object({ kept: z.number(), torn: z.boolean() });
const Mode = z.enum(["strict", "batched", "none"]);
type Seen = { readonly txn: number; readonly version: number };

const logRecord = ({ position, version, whole }: FoundRecord) => ({ txn: position, version, whole });

/** What the client and the world know. */
const newWorld = () => ({
  txn: 0,
  answer: undefined as Answer | undefined,
  outcomes: new Map<number, "acknowledged" | "aborted" | "unknown">(),
  crashedAt: new Map<number, "beforeTheLog" | "torn" | "whole" | "logged">(),
  seen: new Map<string, Seen>(),
  /** The version that the engine gave last, in this process. */
  own: 0,
  processCrashes: 0,
  machineCrashes: 0,
  failures: 0,
});

export class DurabilityDriver extends StoreDriver {
  protected override readonly held = ["Validate", "Allocate", "Sync", "Apply", "Acknowledge", "SyncRecovered", "ReplayRecord", "Open"];
  private world = newWorld();

  protected override readonly actions: Actions = {
    Begin: () => this.begin(),
    Validate: () => this.pass(this.waiting("Validate"), "no transaction is to be validated"),
    RaiseMark: () => refused("the engine keeps no mark of its versions on disk"),
    AllocateVersion: () => this.pass(this.waiting("Allocate"), "no transaction waits for its version"),
    WriteRecord: () => this.writeRecord(),
    WriteFails: () => this.failing(() => this.writeFails()),
    Sync: () => this.sync(),
    SyncFails: () => this.failing(() => this.syncFails()),
    GoOnUnsynced: () => this.goOnUnsynced(),
    SyncOverdue: () => this.syncOverdue(),
    CutRecord: () => this.complete(this.pending("truncate"), "no record is to be cut off"),
    SyncCut: () => this.refusal("no cut is to be synced"),
    ApplyKey: () => this.pass(this.waiting("Apply"), "no key is to be applied"),
    Acknowledge: () => this.pass(this.waiting("Acknowledge"), "no transaction is to be answered"),
    CrashProcess: (args) => this.crashProcess(args["torn"] === true),
    CrashMachine: (args) => this.crashMachine(args),
    Restart: () => this.restart(),
    CutTail: () => this.cutTail(),
    SyncRecovered: () => this.pass(this.waiting("SyncRecovered"), "nothing that was recovered is to be synced"),
    Replay: () => this.replay(),
  };

  protected override begun(): void {
    this.world = newWorld();
  }
  private get isBatched(): boolean {
    return this.setup?.design["durability"] === "batched";
  }
  protected override options({ design }: Setup): StoreOptions {
    return { durability: Mode.parse(design["durability"]), batchRecords: this.bound("batch"), batchMs };
  }
  protected override isHeld({ kind }: DiskCall): boolean {
    return kind === "append" || kind === "sync" || kind === "truncate";
  }

  override async step(action: string, args: Arguments): Promise<StepResult> {
    const result = await super.step(action, args);
    if (!this.isBatched) await this.pass(this.waiting("Sync"), "");
    this.listen();
    return result;
  }

  /** The client takes its answer, and readers look. */
  private listen(): void {
    const { world } = this;
    const { answer } = world;
    if (answer?.outcome !== undefined) world.outcomes.set(world.txn, "acknowledged");
    else if (answer?.error !== undefined) world.outcomes.set(world.txn, answer.error instanceof PoisonedError ? "unknown" : "aborted");
    if (answer?.outcome !== undefined || answer?.error !== undefined) world.answer = undefined;
    const allocated = this.process?.store?.observe().committing[0]?.version ?? 0;
    if (allocated > 0) world.own = allocated;
    for (const { txn, version } of this.stored()) world.seen.set(`${String(txn)}@${String(version)}`, { txn, version });
  }

  private async begin(): Promise<StepResult> {
    const { world, process } = this;
    if (process?.store === undefined) return this.refusal("the store is not open");
    if (world.answer !== undefined) return this.refusal("the client waits for an answer");
    if (world.txn >= this.bound("transactions")) return refused("the client wants no more");
    const txn = world.txn + 1;
    const value = new TextEncoder().encode(String(txn));
    const writes = keys.map((key): [string, Uint8Array] => [pairKey(`k${String(key)}`), value]);
    const prepared = { branch: mainBranch, snapshot: process.store.version, reads: [], scans: [], writes, collections: [], vectors: [] };
    const answer = process.ask((store) => store.commitPrepared(prepared, { position: txn }));
    await this.settled();
    if (answer.error !== undefined) return this.reasonOf(answer.error);
    world.txn = txn;
    world.answer = answer;
    return ok;
  }

  /** The append; then the engine is let go on to its sync, if it will do one. */
  private writeRecord(): Promise<StepResult> {
    return this.complete(this.pending("append"), "no record is to be written");
  }
  private async failing(step: () => Promise<StepResult>): Promise<StepResult> {
    if (this.world.failures >= this.bound("failures")) return refused("the disk does not fail any more");
    const result = await step();
    if (result.kind === "ok") this.world.failures += 1;
    return result;
  }
  private writeFails(): Promise<StepResult> {
    const call = this.pending("append");
    return this.fail(call, "no record is to be written", "ENOSPC", call?.kind === "append" ? tornLength(call.bytes) : 0);
  }

  /** In the batched mode the engine has not decided yet. */
  private async decided(): Promise<void> {
    if (this.isBatched) await this.pass(this.waiting("Sync"), "");
  }
  private async sync(): Promise<StepResult> {
    await this.decided();
    return this.complete(this.pending("sync"), "the log is not to be synced");
  }
  private async syncFails(): Promise<StepResult> {
    await this.decided();
    return this.fail(this.pending("sync"), "the log is not to be synced", "EIO");
  }
  private async goOnUnsynced(): Promise<StepResult> {
    if (this.waiting("Sync") === undefined) return this.refusal("no record is to be left unsynced");
    await this.decided();
    return this.pending("sync") === undefined ? ok : this.refusal("the record is synced");
  }
  private async syncOverdue(): Promise<StepResult> {
    const timer = this.process?.clock.timers().find((t) => t.name === "SyncOverdue");
    if (timer === undefined || this.world.answer !== undefined) return this.refusal("no sync is overdue");
    this.process?.clock.fire(timer.id);
    await this.settled();
    return this.complete(this.pending("sync"), "the log is not synced");
  }

  private crashProcess(torn: boolean): StepResult {
    const { world, process } = this;
    if (process === undefined) return this.refusal("there is no process to crash");
    if (world.processCrashes >= this.bound("processCrashes")) return refused("no process crashes any more");
    if (torn && this.pending("append") === undefined) return this.refusal("no write is under way");
    world.processCrashes += 1;
    const wasLogged = this.isLogged;
    const isInFlight = world.answer !== undefined;
    process.die(torn ? tornLength : undefined);
    if (isInFlight) this.remember(wasLogged, torn);
    this.forget();
    return ok;
  }

  /** `kept`: so many of the changes in the page cache survive; `torn`: so does half of the next one. */
  private crashMachine(args: Arguments): StepResult {
    const { world, disk } = this;
    const { kept, torn } = Left.parse(args["left"]);
    if (world.machineCrashes >= this.bound("machineCrashes")) return refused("the machine crashes no more");
    const unsynced = disk.unsynced();
    const survivors = new Set(unsynced.slice(0, kept).map((o) => o.sequence));
    const image = disk.crashKeeping((o) => survivors.has(o.sequence));
    const write = this.pending("append");
    const next = unsynced[kept]?.bytes ?? (write?.kind === "append" ? write.bytes : undefined);
    if (kept > unsynced.length || (torn && next === undefined)) return this.refusal("the page cache does not hold this");
    const file = segmentsOf(image)[0]?.file ?? "";
    const half = torn && next !== undefined ? next.subarray(0, tornLength(next)) : new Uint8Array();
    const files = new Map(image.files).set(file, Uint8Array.of(...(image.files.get(file) ?? []), ...half));
    world.machineCrashes += 1;
    const wasLogged = this.isLogged;
    const isInFlight = world.answer !== undefined;
    this.crashTo({ files });
    if (isInFlight) this.remember(wasLogged, torn);
    this.forget();
    return ok;
  }

  /** Its record is written, and the engine is at the keys or past them. */
  private get isLogged(): boolean {
    return this.waiting("Apply", "Acknowledge") !== undefined;
  }
  /** For the crash-point table: what the crash has left of the transaction that was under way. */
  private remember(wasLogged: boolean, torn: boolean): void {
    const { txn, crashedAt } = this.world;
    const isWhole = segmentsOf(this.disk.image()).some((s) => s.records.some((r) => r.position === txn && r.whole));
    crashedAt.set(txn, wasLogged ? "logged" : isWhole ? "whole" : torn ? "torn" : "beforeTheLog");
  }
  private forget(): void {
    this.process = undefined;
    this.world.answer = undefined;
    this.world.own = 0;
  }
  private restart(): StepResult {
    if (this.process?.core?.wal.isUsable !== false) return this.refusal("the store has not stopped");
    this.close();
    this.forget();
    return ok;
  }

  private async cutTail(): Promise<StepResult> {
    if (this.process !== undefined) return this.refusal("the store runs");
    await this.start();
    return this.refusalOfStart() ?? ok;
  }
  private async replay(): Promise<StepResult> {
    if (this.waiting("ReplayRecord", "Open") === undefined) return this.refusal("nothing is to be replayed");
    for (let step = this.waiting("ReplayRecord", "Open"); step !== undefined; step = this.waiting("ReplayRecord", "Open"))
      await this.pass(step, "");
    return this.refusalOfStart() ?? ok;
  }

  private stored() {
    const chains = this.process?.core?.state.branch(mainBranch)?.chains;
    return keys.flatMap((key) =>
      (chains?.get(pairKey(`k${String(key)}`)) ?? []).map(({ version, value }) => ({
        key,
        txn: Number(Buffer.from(value ?? []).toString()),
        version,
      })),
    );
  }

  private get pc(): string {
    const { process } = this;
    if (process === undefined) return "down";
    if (process.store === undefined) return this.waiting("SyncRecovered") === undefined ? "replay" : "recover";
    if (this.world.answer === undefined) return process.core?.wal.isUsable === false ? "stopped" : "idle";
    const call = this.pending("append", "sync", "truncate");
    if (call !== undefined) return call.kind === "append" ? "write" : call.kind === "sync" ? "sync" : "cut";
    const names = { Validate: "validate", Allocate: "allocate", Sync: "sync", Apply: "apply", Acknowledge: "answer" };
    return Object.entries(names).find(([step]) => this.waiting(step) !== undefined)?.[1] ?? "at no known place";
  }

  override observe(): Observation {
    const { world, disk, process } = this;
    const [synced] = segmentsOf(disk.crashKeeping(() => false));
    if (synced === undefined) throw new HarnessError("the log is gone");
    const changes = changesOfSegment(synced, disk.unsynced());
    const engine = process?.store?.observe();
    const committing = engine?.committing[0];
    const txns = range(1, this.bound("transactions"));
    return {
      state: {
        disk: synced.records.map(logRecord),
        cache: changes.map((c) => (c.type === "Cut" ? c : { type: c.type, record: logRecord(c.record) })),
        // There is no such file.
        mark: 0,
        pc: this.pc,
        txn: world.txn,
        own: world.own,
        counter: engine?.managerVersion ?? 0,
        applied: committing?.at === "logged" ? (keys.length - committing.unapplied.length) % keys.length : 0,
        sinceSync: engine === undefined ? 0 : engine.wal.appended - engine.wal.durable,
        outcome: mapOf(txns, (t) => world.outcomes.get(t) ?? "none"),
        store: setOf(...this.stored()),
        crashedAt: mapOf(txns, (t) => world.crashedAt.get(t) ?? "nowhere"),
        seen: setOf(...world.seen.values()),
        processCrashes: world.processCrashes,
        machineCrashes: world.machineCrashes,
        failures: world.failures,
      },
      unobserved: [],
    };
  }
}
