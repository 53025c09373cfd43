/**
 * The driver of `recovery`: commits of one key on each of one or two branches, and the replay of their records. A record
 * has one operation, since a transaction of the engine has one write for a key: there is no compare-and-set beside
 * puts and deletes, and the engine refuses a transaction of that kind.
 *
 * The second branch is created first. Its version and its record are not counted, and its replay is passed at once. A
 * crash is one of the machine that keeps just what is synced: all that the spec has in the log must be there.
 */
import { encode } from "../../../engine/codec.ts";
import { PoisonedError } from "../../../engine/transactional-store/errors.ts";
import { mainBranch, pairKey } from "../../../engine/transactional-store/keys.ts";
import type { StoreOptions } from "../../../engine/transactional-store/transactional-store.ts";
import type { DiskCall } from "../../../engine/wiring/controlled/disk.ts";
import type { WaitingStep } from "../../../engine/wiring/controlled/steps.ts";
import { mapOf, range, setOf } from "../../../specs/language/index.ts";
import { HarnessError } from "../../../conformance/driver.ts";
import type { Arguments, Observation, StepResult } from "../../../conformance/driver.ts";
import { segmentsOf } from "./log-on-disk.ts";
import type { FoundRecord } from "./log-on-disk.ts";
import { StoreDriver, ok, refused } from "./store-driver.ts";
import type { Actions } from "./store-driver.ts";
import type { Answer } from "./store-process.ts";

const key = pairKey("k");
const value = encode("v");
const branchName = (b: number): string => (b === 1 ? mainBranch : `side${String(b)}`);

/** What is known of a branch's latest transaction, as long as the process lives. */
interface Latest {
  kind: unknown;
  version: number;
  done: number;
  answer: Answer | undefined;
}
const nothing = (): Latest => ({ kind: "put", version: 0, done: 0, answer: undefined });

const newWorld = () => ({
  latest: new Map<number, Latest>(),
  begun: 0,
  acknowledged: [] as { readonly branch: number; readonly version: number }[],
  crashes: 0,
  failures: 0,
  repeats: 0,
  /** This replay began anew in the same process. */
  isRetried: false,
});

export class ReplayDriver extends StoreDriver {
  protected override readonly held = ["Append", "Apply", "Acknowledge", "ReplayRecord", "Open"];
  private world = newWorld();
  /** The versions that the setup has taken. */
  private base = 0;

  protected override readonly actions: Actions = {
    Begin: (args) => this.begin(args),
    StartWrite: (args) => this.startWrite(args),
    FinishWrite: (args) => this.finishWrite(args),
    Apply: (args) => this.pass(this.waitingOf(args, "Apply"), "no key is to be applied"),
    ApplyFails: (args) => this.failing(() => this.applyFails(args)),
    Acknowledge: (args) => this.acknowledge(args),
    Crash: () => this.crash(),
    StartReplay: () => this.startReplay(),
    ReplayOperation: () => this.pass(this.waiting("ReplayRecord"), "no record is to be replayed"),
    ReplayAgain: (args) => this.replayAgain(args),
    RetryReplay: () => this.retry(),
    RecoveryFails: () => this.failing(() => this.recoveryFails()),
    Open: () => this.pass(this.waiting("Open"), "nothing that was recovered is to be opened"),
  };

  protected override async begun(): Promise<void> {
    this.world = newWorld();
    this.base = 0;
    for (const b of this.branches.slice(1)) await this.process?.store?.createBranch(branchName(b));
    this.base = this.process?.store?.version ?? 0;
  }
  protected override options(): StoreOptions {
    return {};
  }
  protected override isHeld({ kind }: DiskCall): boolean {
    return kind === "append";
  }
  protected override isStepHeld(step: string, args: Arguments): boolean {
    return super.isStepHeld(step, args) && !(step === "ReplayRecord" && Number(args["version"]) <= this.base);
  }

  override async step(action: string, args: Arguments): Promise<StepResult> {
    const result = await super.step(action, args);
    if (this.isOpen) this.world.isRetried = false;
    for (const b of this.branches) {
      const committing = this.committing(b);
      const latest = this.latest(b);
      if (committing === undefined || committing.version === 0) continue;
      latest.version = committing.version - this.base;
      if (committing.at === "logged" || committing.at === "finished") latest.done = 1 - committing.unapplied.length;
    }
    return result;
  }

  private get branches() {
    return range(1, this.bound("branches"));
  }
  private latest(b: number): Latest {
    const latest = this.world.latest.get(b) ?? nothing();
    this.world.latest.set(b, latest);
    return latest;
  }
  private committing(b: number) {
    return this.process?.store?.observe().committing.find((c) => c.branch === branchName(b));
  }
  private waitingOf(args: Arguments, step: string): WaitingStep | undefined {
    return this.process?.steps.waiting().find((w) => w.step === step && w.args["branch"] === branchName(branchOf(args)));
  }

  private async begin(args: Arguments): Promise<StepResult> {
    const { world, process } = this;
    const { kind } = args;
    const latest = this.latest(branchOf(args));
    if (process?.store === undefined) return this.refusal("the store is not open");
    if (latest.answer !== undefined) return this.refusal("the branch's client waits for an answer");
    if (world.begun >= this.bound("commits")) return refused("the clients want no more");
    if (kind !== "put" && kind !== "delete") return refused("a transaction of the engine has one write for a key");
    const branch = branchName(branchOf(args));
    const writes: [string, Uint8Array | null][] = [[key, kind === "put" ? value : null]];
    const prepared = { branch, snapshot: process.store.version, reads: [], scans: [], writes, collections: [], vectors: [] };
    const answer = process.ask((store) => store.commitPrepared(prepared));
    await this.settled();
    if (answer.error !== undefined) return this.reasonOf(answer.error);
    world.begun += 1;
    latest.kind = kind;
    latest.answer = answer;
    return ok;
  }
  private async startWrite(args: Arguments): Promise<StepResult> {
    const waiting = this.waitingOf(args, "Append");
    const owner = this.process?.store?.observe().walLock.owner ?? null;
    if (waiting !== undefined && owner !== null) return refused(`the log is locked by ${owner}`);
    return this.pass(waiting, "no record is to be written");
  }
  private async finishWrite(args: Arguments): Promise<StepResult> {
    const owner = this.process?.store?.observe().walLock.owner ?? null;
    const isOwner = owner !== null && owner === this.committing(branchOf(args))?.id;
    return this.complete(isOwner ? this.pending("append") : undefined, "the branch writes no record");
  }
  private async acknowledge(args: Arguments): Promise<StepResult> {
    const b = branchOf(args);
    const { answer, version } = this.latest(b);
    const result = await this.pass(this.waitingOf(args, "Acknowledge"), "no transaction is to be answered");
    if (answer?.outcome?.status !== "committed") return result;
    this.world.acknowledged.push({ branch: b, version });
    this.latest(b).answer = undefined;
    return result;
  }

  private async failing(step: () => Promise<StepResult>): Promise<StepResult> {
    if (this.world.failures >= this.bound("failures")) return refused("nothing fails any more");
    const result = await step();
    if (result.kind === "ok") this.world.failures += 1;
    return result;
  }
  /** The client hears of it at once; a store that has stopped is started again, later. */
  private async applyFails(args: Arguments): Promise<StepResult> {
    const waiting = this.waitingOf(args, "Apply");
    const { answer } = this.latest(branchOf(args));
    if (waiting === undefined) return this.refusal("no key is to be applied");
    this.process?.failNextApply(new Error("no memory is left"));
    await this.pass(waiting, "");
    if (answer?.error instanceof PoisonedError) this.down();
    else if (this.waitingOf(args, "Acknowledge") !== undefined) await this.acknowledge(args);
    return ok;
  }

  private crash(): StepResult {
    if (this.process === undefined) return this.refusal("there is no process to crash");
    if (this.world.crashes >= this.bound("crashes")) return refused("nothing crashes any more");
    this.world.crashes += 1;
    this.down();
    return ok;
  }
  private down(): void {
    this.crashTo(this.disk.crashKeeping(() => false));
    this.world.latest.clear();
    this.world.isRetried = false;
  }

  private async startReplay(): Promise<StepResult> {
    if (this.process !== undefined) return this.refusal("the store runs");
    await this.start();
    return this.refusalOfStart() ?? ok;
  }
  /** The recovery is given a record for a second time. */
  private replayAgain(args: Arguments): StepResult {
    const at = Number(args["record"]);
    const state = this.process?.recovery?.state;
    const record = this.logged()[at]?.record;
    if (this.isOpen || state === undefined || record === undefined || at >= this.cursor) return this.refusal("no such record was replayed");
    if (this.world.repeats >= this.bound("repeats")) return refused("nothing is repeated any more");
    this.world.repeats += 1;
    state.replay(record);
    return ok;
  }
  /** It ends with an error, and is called again. */
  private async retry(): Promise<StepResult> {
    if (this.waiting("ReplayRecord", "Open") === undefined) return this.refusal("nothing is replayed");
    if (this.world.repeats >= this.bound("repeats")) return refused("nothing is repeated any more");
    this.world.repeats += 1;
    await this.failRecovery();
    await this.start();
    this.world.isRetried = true;
    return this.refusalOfStart() ?? ok;
  }
  private async recoveryFails(): Promise<StepResult> {
    if (this.waiting("ReplayRecord", "Open") === undefined) return this.refusal("nothing is replayed");
    await this.failRecovery();
    if (!this.isOpen) this.down();
    return ok;
  }
  private async failRecovery(): Promise<void> {
    if (this.process?.recovery !== undefined) this.process.recovery.fault = new Error("the log cannot be read");
    await this.pass(this.waiting("ReplayRecord", "Open"), "");
  }

  private logged(): readonly FoundRecord[] {
    return segmentsOf(this.disk.image())
      .flatMap((s) => s.records)
      .filter((r) => r.version > this.base);
  }
  private logEntry({ version, whole, record }: FoundRecord) {
    if (record?.type !== "commit") throw new HarnessError("the log has a record that is no commit");
    const branch = this.branches.find((b) => branchName(b) === record.body.branch);
    return { branch, version: version - this.base, kind: record.body.writes[0]?.[1] === null ? "delete" : "put", whole };
  }
  /** So many records are replayed. */
  private get cursor(): number {
    if (this.isOpen || this.process === undefined) return 0;
    const next = this.waiting("ReplayRecord")?.args["version"];
    const log = this.logged();
    return next === undefined ? log.length : log.findIndex((r) => r.version === next);
  }
  private chain(b: number) {
    const state = this.process?.core?.state ?? this.process?.recovery?.state;
    const chain = state?.branch(branchName(b))?.chains.get(key) ?? [];
    return chain.map((e) => ({ version: e.version - this.base, is: e.value === undefined ? "tombstone" : "value" }));
  }
  private pc(b: number): string {
    const committing = this.committing(b);
    if (committing === undefined) return "idle";
    if (committing.at === "logged") return "apply";
    if (committing.at !== "allocated") return "answer";
    return this.process?.store?.observe().walLock.owner === committing.id ? "write" : "start";
  }

  override observe(): Observation {
    const { world, process, branches } = this;
    const state = process?.core?.state ?? process?.recovery?.state;
    const status = process === undefined ? "down" : this.isOpen ? "up" : "replay";
    return {
      state: {
        pc: mapOf(branches, (b) => this.pc(b)),
        kind: mapOf(branches, (b) => this.latest(b).kind),
        own: mapOf(branches, (b) => this.latest(b).version),
        begun: world.begun,
        done: mapOf(branches, (b) => this.latest(b).done),
        // A record is one append, so that there is no middle of it.
        mixed: mapOf(branches, () => false),
        log: this.logged().map((r) => this.logEntry(r)),
        store: mapOf(branches, (b) => this.chain(b)),
        counter: Math.max(0, (state?.managerVersion ?? 0) - this.base),
        status,
        cursor: this.cursor,
        step: 0,
        acknowledged: setOf(...world.acknowledged),
        // The engine tells nobody that a commit is durable and not visible.
        told: setOf(),
        crashes: world.crashes,
        failures: world.failures,
        repeats: world.repeats,
      },
      // The spec keeps the counter of the replay that it gives up; the engine counts anew. When it opens, both are the same.
      unobserved: world.isRetried ? ["counter"] : [],
    };
  }
}

const branchOf = (args: Arguments): number => Number(args["b"]);
