/**
 * The driver of `checkpoint`: commits on one or two branches, each record in a segment of its own, beside a checkpoint
 * that is made step by step. The place of a record is its version. The engine's mark is the number of the segment that
 * it begins with the copy; that segment's header says up to which version the log before it goes, which is the spec's mark.
 *
 * Versions and records of the setup, which creates the second branch, are not counted, and neither are segments
 * without records. Transactions are numbered as they begin, those of the setup included, since a defect compares
 * these numbers with versions.
 */
import { encode } from "../../../engine/codec.ts";
import { checkpointIndex, checkpointName, readCheckpoint, temporaryName } from "../../../engine/transactional-store/checkpoint-file.ts";
import { mainBranch, parseKey } from "../../../engine/transactional-store/keys.ts";
import type { StoreState } from "../../../engine/transactional-store/state.ts";
import type { Transaction } from "../../../engine/transactional-store/transaction.ts";
import type { StoreOptions } from "../../../engine/transactional-store/transactional-store.ts";
import { readAt } from "../../../engine/transactional-store/version-chain.ts";
import { ControlledDisk } from "../../../engine/wiring/controlled/disk.ts";
import type { WaitingStep } from "../../../engine/wiring/controlled/steps.ts";
import { mapOf, range, setOf } from "../../../specs/language/index.ts";
import type { Arguments, Observation, StepResult } from "../../../conformance/driver.ts";
import { segmentsOf } from "./log-on-disk.ts";
import { OneCheckpoint } from "./one-checkpoint.ts";
import { StoreDriver, ok, refused } from "./store-driver.ts";
import type { Actions } from "./store-driver.ts";
import { production } from "./store-process.ts";
import type { Answer, EngineClasses } from "./store-process.ts";

const value = encode("v");
const branchName = (t: number): string => (t === 1 ? mainBranch : `side${String(t)}`);
export const idOfKey = (internal: string): number => {
  const parsed = parseKey(internal);
  return parsed?.kind === "pair" ? Number(parsed.key.slice(1)) : 0;
};

interface Running {
  readonly id: number;
  readonly transaction: Transaction;
  answer: Answer | undefined;
}
const newWorld = () => ({
  running: new Map<number, Running>(),
  nextId: 1,
  acknowledged: [] as number[],
  checkpoints: 0,
  crashes: 0,
});
const nothing = { holds: setOf<number>(), mark: 0 };

export class CheckpointDriver extends StoreDriver {
  protected override readonly held = ["Apply", "Acknowledge", "WriteCopy", "SyncCopy", "Publish", "DeleteSegment", "FinishCheckpoint"];
  private world = newWorld();
  private base = 0;

  constructor(classes: EngineClasses = production) {
    super({ ...classes, checkpointer: OneCheckpoint });
  }

  protected override readonly actions: Actions = {
    Begin: (args) => this.begin(args),
    Log: (args) => this.log(args),
    Apply: (args) => this.pass(this.waitingOf(args, "Apply"), "no key is to be applied"),
    Acknowledge: (args) => this.acknowledge(args),
    CopyStore: () => this.copyStore(),
    WriteCopy: () => this.pass(this.waiting("WriteCopy"), "no copy is to be written"),
    SyncCopy: () => this.pass(this.waiting("SyncCopy"), "no copy is to be synced"),
    Publish: () => this.pass(this.waiting("Publish"), "no copy is to be published"),
    DeleteSegment: (args) => this.deleteSegment(args),
    FinishCheckpoint: () => this.pass(this.waiting("FinishCheckpoint"), "no checkpoint is to be finished"),
    CrashProcess: () => this.crash(),
    CrashMachine: () => this.crashMachine(),
    Recover: () => this.recover(),
  };

  protected override async begun(): Promise<void> {
    this.world = newWorld();
    this.base = 0;
    for (const t of this.threads.slice(1)) await this.process?.store?.createBranch(branchName(t));
    this.base = this.process?.store?.version ?? 0;
  }
  /** Every record begins a segment. */
  protected override options(): StoreOptions {
    return { segmentBytes: 1 };
  }
  protected override isHeld(): boolean {
    return false;
  }
  protected override isStepHeld(step: string, args: Arguments): boolean {
    return super.isStepHeld(step, args) && !(step === "DeleteSegment" && this.placeIn(args["file"]) === undefined);
  }
  private placeIn(file: unknown): number | undefined {
    return this.logged().find((r) => r.file === file)?.place;
  }

  private get threads() {
    return range(1, this.bound("threads"));
  }
  private waitingOf(args: Arguments, step: string): WaitingStep | undefined {
    return this.process?.steps.waiting().find((w) => w.step === step && w.args["branch"] === branchName(Number(args["t"])));
  }

  private begin(args: Arguments): StepResult {
    const { world, process } = this;
    const t = Number(args["t"]);
    if (process?.store === undefined) return this.refusal("the store is not open");
    if (world.running.has(t)) return this.refusal("the thread has a transaction");
    if (world.nextId > this.bound("transactions")) return refused("the clients want no more");
    const transaction = process.store.begin(branchName(t));
    transaction.put(`t${String(world.nextId + this.base)}`, value);
    world.running.set(t, { id: world.nextId, transaction, answer: undefined });
    world.nextId += 1;
    return ok;
  }
  private async log(args: Arguments): Promise<StepResult> {
    const running = this.world.running.get(Number(args["t"]));
    if (running === undefined || running.answer !== undefined) return this.refusal("the thread has nothing to commit");
    running.answer = this.process?.ask(() => running.transaction.commit());
    await this.settled();
    return ok;
  }
  private async acknowledge(args: Arguments): Promise<StepResult> {
    const running = this.world.running.get(Number(args["t"]));
    const result = await this.pass(this.waitingOf(args, "Acknowledge"), "no transaction is to be answered");
    if (running?.answer?.outcome?.status !== "committed") return result;
    this.world.acknowledged.push(running.id);
    this.world.running.delete(Number(args["t"]));
    return result;
  }

  private async copyStore(): Promise<StepResult> {
    const { world, process } = this;
    const engine = process?.store?.observe();
    if (process === undefined || engine === undefined) return this.refusal("the store is not open");
    if (engine.checkpoint.step !== "none") return this.refusal("a checkpoint is under way");
    if (engine.betweenAllocationAndApply > 0) return this.refusal("the checkpoint waits for a commit that is not applied");
    if (world.checkpoints >= this.bound("checkpoints")) return refused("nobody wants a checkpoint any more");
    world.checkpoints += 1;
    process.store?.checkpoint().catch(() => undefined);
    await this.settled();
    return ok;
  }
  private async deleteSegment(args: Arguments): Promise<StepResult> {
    const waiting = this.waiting("DeleteSegment");
    const isNext = waiting !== undefined && this.placeIn(waiting.args["file"]) === args["place"];
    return this.pass(isNext ? waiting : undefined, "the segment is not to be deleted next");
  }

  private crash(): StepResult {
    const { world } = this;
    if (world.crashes >= this.bound("crashes")) return refused("no process crashes any more");
    world.crashes += 1;
    world.running.clear();
    this.close();
    return ok;
  }
  /** The spec has it where it makes a difference: the checkpoint in force is not synced. */
  private crashMachine(): StepResult {
    if (this.isSynced(this.published)) return this.refusal("all that is published is synced, and the machine takes nothing of it");
    const result = this.crash();
    if (result.kind === "ok") this.crashTo(this.disk.crashKeeping(() => false));
    return result;
  }
  /** The file of the checkpoint that is in force. */
  private get published(): string | undefined {
    return [...this.disk.image().files.keys()]
      .filter((f) => checkpointIndex(f) !== undefined)
      .sort()
      .at(-1);
  }
  private isSynced(file: string | undefined): boolean {
    return !this.disk.unsynced().some((o) => o.file === file && file !== undefined);
  }
  private async recover(): Promise<StepResult> {
    if (this.process !== undefined) return this.refusal("the store runs");
    await this.start();
    return this.refusalOfStart() ?? ok;
  }

  /** The records that count, in the order of the log. */
  private logged() {
    return segmentsOf(this.disk.image()).flatMap(({ file, records }) =>
      records
        .filter((r) => r.version > this.base)
        .map(({ version, record }) => {
          const key = record?.type === "commit" ? record.body.writes[0]?.[0] : undefined;
          return { file, place: version - this.base, id: idOfKey(key ?? "") - this.base };
        }),
    );
  }
  private get lastPlace(): number {
    const segments = segmentsOf(this.disk.image());
    return Math.max(0, ...segments.flatMap((s) => [s.baseVersion, ...s.records.map((r) => r.version)])) - this.base;
  }
  /** The transactions that a state holds at a version. */
  private idsIn(state: StoreState | undefined, version = Infinity) {
    const chains = this.threads.flatMap((t) => [...(state?.branch(branchName(t))?.chains.entries() ?? [])]);
    return setOf(...chains.flatMap(([key, chain]) => (readAt(chain, version) === undefined ? [] : [idOfKey(key) - this.base])));
  }
  /** Up to where the log goes that a checkpoint makes dispensable. */
  private markOf(index: number): number {
    const baseVersion = segmentsOf(this.disk.image()).find((s) => s.index === index)?.baseVersion;
    return baseVersion === undefined ? 0 : baseVersion - this.base;
  }
  private async fileAt(file: string, index: number) {
    const bytes = this.disk.image().files.get(file);
    if (bytes === undefined) return undefined;
    const name = checkpointName(index);
    const read = await readCheckpoint(new ControlledDisk({ files: new Map([[name, bytes]]) }), name).catch(() => undefined);
    return read && { holds: this.idsIn(read.state), mark: this.markOf(index) };
  }
  private pc(t: number): string {
    const running = this.world.running.get(t);
    if (running === undefined) return "idle";
    if (running.answer === undefined) return "begun";
    return this.waitingOf({ t }, "Apply") === undefined ? "applied" : "logged";
  }

  override async observe(): Promise<Observation> {
    const { world, process, threads, published: file } = this;
    const engine = process?.store?.observe();
    const step = engine?.checkpoint.step ?? "none";
    const published = file === undefined ? undefined : await this.fileAt(file, checkpointIndex(file) ?? 0);
    const index = Number(this.waiting("WriteCopy", "SyncCopy", "Publish")?.args["index"] ?? engine?.checkpoint.index);
    const isWritten = step === "written" || step === "synced";
    return {
      state: {
        running: mapOf(threads, (t) => world.running.get(t)?.id ?? 0),
        pc: mapOf(threads, (t) => this.pc(t)),
        nextId: world.nextId,
        log: this.logged().map(({ id, place }) => ({ id, place })),
        lastPlace: this.lastPlace,
        store: this.idsIn(process?.core?.state),
        acknowledged: setOf(...world.acknowledged),
        copy:
          step === "none"
            ? nothing
            : { holds: this.idsIn(process?.core?.state, engine?.snapshots["checkpoint"]), mark: this.markOf(index) },
        step,
        written: isWritten ? await this.fileAt(temporaryName, index) : nothing,
        onDisk: isWritten && this.isSynced(temporaryName),
        published: { ...(published ?? nothing), onDisk: this.isSynced(file), whole: file === undefined || published !== undefined },
        status: process === undefined ? "down" : "up",
        checkpoints: world.checkpoints,
        crashes: world.crashes,
      },
      // What the spec keeps of a copy that is of no use any more: the engine has let go of it.
      unobserved: [
        ...(file !== undefined && published === undefined ? ["published.holds", "published.mark"] : []),
        ...(step === "none" ? ["copy"] : []),
        ...(isWritten ? [] : ["written", "onDisk"]),
      ],
    };
  }
}
