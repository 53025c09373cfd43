/**
 * The driver of `torn-tail`: strict commits into segments of a few records each. Crashes are those of a process: what
 * was written stays, and of a write under way all but its last byte, so that a torn record fills a segment as the spec has it.
 *
 * The engine is stricter than the spec: it does not start from a log with damage in its middle, where the spec drops what
 * follows. Its recovery then ends with an error that names file and place, which is the reason why every further step
 * of it is refused.
 */
import { z } from "zod";
import { encode } from "../../../engine/codec.ts";
import { mainBranch, pairKey, parseKey } from "../../../engine/transactional-store/keys.ts";
import { encodeFrame, frameOf, frameType } from "../../../engine/transactional-store/record.ts";
import { encodeHeader, formatVersion, segmentIndex } from "../../../engine/transactional-store/segment.ts";
import type { StoreOptions } from "../../../engine/transactional-store/transactional-store.ts";
import type { DiskCall } from "../../../engine/wiring/controlled/disk.ts";
import { setOf } from "../../../specs/language/index.ts";
import type { Arguments, Observation, StepResult } from "../../../conformance/driver.ts";
import { segmentsOf } from "./log-on-disk.ts";
import { StoreDriver, ok, refused } from "./store-driver.ts";
import type { Actions } from "./store-driver.ts";
import type { Answer } from "./store-process.ts";

const At = z.object({ segment: z.number(), place: z.number() });
const value = encode("v");
const writesOf = (txn: number): [string, Uint8Array][] => [[pairKey(`t${String(txn)}`), value]];

/** All records have one length, and so have all headers. */
const recordBytes = encodeFrame(
  frameOf({ type: "commit", version: 1, position: 1, index: 0, body: { branch: mainBranch, writes: writesOf(1) } }, 0),
  0,
).length;
const headerBytes = encodeHeader({ format: formatVersion, storeId: "store", index: 1, baseVersion: 0, continues: true }).length;

const newWorld = () => ({
  txn: 0,
  answer: undefined as Answer | undefined,
  acknowledged: new Set<number>(),
  excused: new Set<number>(),
  history: [] as readonly number[],
  crashes: 0,
  spoilt: 0,
});

export class TornTailDriver extends StoreDriver {
  protected override readonly held = ["Rotate", "Apply", "DropSegment", "CutTail", "SyncRecovered", "Open"];
  private world = newWorld();

  protected override readonly actions: Actions = {
    Begin: () => this.begin(),
    Rotate: () => this.pass(this.waiting("Rotate"), "no segment is to be begun"),
    Write: () => this.write(),
    Acknowledge: () => this.acknowledge(),
    Crash: () => this.crash(0),
    CrashTearing: () => this.crash(recordBytes - 1),
    Spoil: (args) => this.spoil(args),
    StartRecovery: () => this.startRecovery(),
    DropSegment: () => this.pass(this.waiting("DropSegment"), "no segment is to be dropped"),
    CutTail: () => this.pass(this.waiting("CutTail"), "no tail is to be cut off"),
    Replay: () => this.pass(this.waiting("SyncRecovered"), "nothing is to be replayed"),
    Open: () => this.open(),
  };

  protected override begun(): void {
    this.world = newWorld();
  }
  protected override options(): StoreOptions {
    return { segmentBytes: headerBytes + this.bound("perSegment") * recordBytes };
  }
  /** A segment is begun in one step; a record is written and synced in one. */
  protected override isHeld(call: DiskCall): boolean {
    return call.kind === "append" && call.bytes[12] !== frameType.header;
  }

  private async begin(): Promise<StepResult> {
    const { world, process } = this;
    if (process?.store === undefined) return this.refusal("the store is not open");
    if (world.answer !== undefined) return this.refusal("the client waits for an answer");
    if (world.txn >= this.bound("transactions")) return refused("the client wants no more");
    const txn = world.txn + 1;
    const prepared = {
      branch: mainBranch,
      snapshot: process.store.version,
      reads: [],
      scans: [],
      writes: writesOf(txn),
      collections: [],
      vectors: [],
    };
    const answer = process.ask((store) => store.commitPrepared(prepared, { position: txn }));
    await this.settled();
    if (answer.error !== undefined) return this.reasonOf(answer.error);
    world.txn = txn;
    world.answer = answer;
    return ok;
  }
  private async write(): Promise<StepResult> {
    const { world } = this;
    const result = await this.complete(this.pending("append"), "no record is to be written");
    if (result.kind === "ok") world.history = [...world.history, world.txn];
    return result;
  }
  private async acknowledge(): Promise<StepResult> {
    const { world } = this;
    const result = await this.pass(this.waiting("Apply"), "no transaction is to be applied and answered");
    if (world.answer?.outcome?.status !== "committed") return result;
    world.acknowledged.add(world.txn);
    world.answer = undefined;
    return result;
  }

  private crash(tornBytes: number): StepResult {
    const { world, process } = this;
    if (process === undefined) return this.refusal("there is no process to crash");
    if (world.crashes >= this.bound("crashes")) return refused("no process crashes any more");
    if (tornBytes > 0 && this.pending("append") === undefined) return this.refusal("no write is under way");
    world.crashes += 1;
    world.answer = undefined;
    process.die(() => tornBytes);
    this.process = undefined;
    return ok;
  }
  /** The last byte of the record turns over. */
  private spoil(args: Arguments): StepResult {
    const { world, disk } = this;
    const { segment, place } = At.parse(args["at"]);
    const found = segmentsOf(disk.image())[segment];
    const record = found?.records[place];
    if (this.process !== undefined) return this.refusal("a damage shows when the log is read");
    if (world.spoilt >= this.bound("spoilt")) return refused("the disk spoils no more");
    if (found === undefined || record?.whole !== true) return refused("there is no such record to spoil");
    world.spoilt += 1;
    world.excused = new Set(world.acknowledged);
    disk.corrupt(found.file, record.end - 1);
    return ok;
  }

  private async startRecovery(): Promise<StepResult> {
    if (this.process !== undefined) return this.refusal("the store runs");
    await this.start();
    return ok;
  }
  private async open(): Promise<StepResult> {
    const result = await this.pass(this.waiting("Open"), "nothing that was recovered is to be opened");
    if (this.isOpen && result.kind === "ok") this.world.history = this.stored();
    return result;
  }

  /** In the order of the versions, which is that of the commits. */
  private stored(): readonly number[] {
    const { process } = this;
    const state = process?.core?.state ?? (this.waiting("Open") === undefined ? undefined : process?.recovery?.state);
    const chains = [...(state?.branch(mainBranch)?.chains.entries() ?? [])];
    return chains
      .sort(([, [a]], [, [b]]) => (a?.version ?? 0) - (b?.version ?? 0))
      .flatMap(([key]) => {
        const parsed = parseKey(key);
        return parsed?.kind === "pair" ? [Number(parsed.key.slice(1))] : [];
      });
  }
  private get pc(): string {
    if (this.process === undefined) return "down";
    if (!this.isOpen) return this.waiting("Open") === undefined ? "recover" : "opened";
    if (this.world.answer === undefined) return "idle";
    return this.waiting("Apply") === undefined ? "write" : "answer";
  }
  /** The recovery of this process tells in its log where it has cut. */
  private get keep(): number {
    const cut = this.process?.log.find((l) => l.event === "torn tail cut off")?.fields["file"];
    return typeof cut === "string" ? (segmentIndex(cut) ?? 0) : 0;
  }

  override observe(): Observation {
    const { world, disk } = this;
    const segments = segmentsOf(disk.image());
    return {
      state: {
        segments: segments.map((s) => s.records.map(({ position, whole }) => ({ txn: position, whole }))),
        pc: this.pc,
        txn: world.txn,
        store: this.stored(),
        acknowledged: setOf(...world.acknowledged),
        excused: setOf(...world.excused),
        history: world.history,
        crashes: world.crashes,
        spoilt: world.spoilt,
        keep: this.keep,
      },
      unobserved: [],
    };
  }
}
