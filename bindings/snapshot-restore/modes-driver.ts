/**
 * The engine's restore in the words of modes.ts: whole runs in the modes Default, KvOnly and TreeOnly, one after the other on the
 * same disk. A chunk is added in one step, so only finish is waited at.
 *
 * The spec counts a chunk as in the tree as soon as it is added. In the engine its last leaf freezes with the next chunk, so a run
 * that goes on asks for that chunk once more. StartRun serves it, when nothing else of it is missing.
 */
import type { RestoreMode } from "../../engine/snapshot-restore/restore.ts";
import { HarnessError } from "../../conformance/driver.ts";
import type { Arguments, Driver, Observation, Setup, StepResult } from "../../conformance/driver.ts";
import { chunkedSnapshot, shardPerChunk } from "./numbered-snapshot.ts";
import type { Content, NumberedSnapshot } from "./numbered-snapshot.ts";
import { kvOnDisk, rightmostLeaf, treeOnDisk } from "./restore-disk.ts";
import { RestoreProcess, emptyDisk, production } from "./restore-process.ts";
import type { RestoreDisk, RestoreEngine } from "./restore-process.ts";
import { constantOf, numberOf, resultOf } from "./step-values.ts";

/** So that the tree has a leaf of every chunk that was added, also when its last one is still to come. */
const keysPerChunk = 2;
const modeNames: Readonly<Record<RestoreMode, string>> = { default: "Default", keysOnly: "KvOnly", treeOnly: "TreeOnly" };
const modeOf = (args: Arguments): RestoreMode => {
  const names: readonly RestoreMode[] = ["default", "keysOnly", "treeOnly"];
  const mode = names.find((m) => modeNames[m] === args["mode"]);
  if (mode === undefined) throw new HarnessError(`there is no mode ${String(args["mode"])}`);
  return mode;
};

class Operator {
  private process: RestoreProcess | undefined;
  private disk: RestoreDisk = emptyDisk;
  private success: RestoreMode | undefined;
  private runsLeft: number;
  private badChunksLeft: number;
  private readonly chunks: number;

  constructor(
    private readonly engine: RestoreEngine,
    private readonly snapshot: NumberedSnapshot,
    setup: Setup,
  ) {
    this.runsLeft = constantOf(setup, "runs");
    this.badChunksLeft = constantOf(setup, "badChunks");
    this.chunks = constantOf(setup, "chunks");
  }

  async startRun(mode: RestoreMode): Promise<string | undefined> {
    if (this.process !== undefined) return "a run has the tables open";
    if (this.runsLeft === 0) return "the operator starts no more runs";
    const { engine, snapshot, chunks, disk } = this;
    const isHeld = (step: string): boolean => step === "BeginFinish";
    const process = await RestoreProcess.start({ engine, snapshot, shards: shardPerChunk(chunks), disk, mode, isHeld });
    if (process.failure !== undefined) return process.failure.message;
    this.process = process;
    await this.addTheRestOfAChunk(process);
    this.success = undefined;
    this.runsLeft -= 1;
    return undefined;
  }
  private async addTheRestOfAChunk(process: RestoreProcess): Promise<void> {
    const { asked } = process.source;
    if (asked === undefined) return;
    const { mode, kv, tree } = process.restore.observe();
    const keys = this.snapshot.keysOfChunk(asked);
    const isInKv = mode === "treeOnly" || this.snapshot.numberOf(kv.progress) >= Math.max(...keys);
    const isInTree = mode !== "keysOnly" && keys.includes(this.snapshot.numberOf(tree.previous));
    if (isInKv && isInTree) await process.serve((index) => this.snapshot.chunk(index));
  }

  async add(chunk: number, isBad: boolean): Promise<string | undefined> {
    if (this.process === undefined) return "no run asks for a chunk";
    if (isBad && this.badChunksLeft === 0) return "the backup serves no more bad chunks";
    if (this.process.source.asked !== chunk - 1)
      return `the run asks for ${String(this.process.source.asked)}, counted from 0, and not for chunk ${chunk}`;
    const guard = await this.served(this.process, isBad);
    if (guard === undefined && isBad) this.badChunksLeft -= 1;
    return guard;
  }
  /** A chunk that is refused leaves nothing behind: the driver has opened a new restore, which is where the old one was. */
  private async served(process: RestoreProcess, isBad: boolean): Promise<string | undefined> {
    const { blamed } = process.source;
    const before = blamed.length;
    const guard = await process.serve((index) => this.snapshot.chunk(index, isBad ? this.snapshot.keysOfChunk(index)[0] : undefined));
    const refusal = blamed[before];
    if (refusal === undefined) return guard;
    await this.addTheRestOfAChunk(process);
    return refusal.message;
  }

  async finish(): Promise<string | undefined> {
    const { process } = this;
    if (process === undefined) return "no run can finish";
    const { blamed } = process.source;
    const before = blamed.length;
    const guard = await process.take("BeginFinish");
    const refusal = blamed[before]?.message ?? process.failure?.message;
    if (guard !== undefined || refusal !== undefined) return guard ?? refusal;
    this.success = process.restore.observe().mode;
    this.end(process.disk());
    return undefined;
  }
  stop(): string | undefined {
    if (this.process === undefined) return "no run can be stopped";
    this.end(this.process.crash());
    return undefined;
  }
  private end(disk: RestoreDisk): void {
    this.process?.halt();
    this.process = undefined;
    this.disk = disk;
  }
  close(): void {
    this.process?.halt();
  }

  observe(): Readonly<Record<string, unknown>> {
    const { process, snapshot, chunks, success } = this;
    const rows = process?.disk() ?? this.disk;
    const [kv, tree] = [kvOnDisk(rows.kv, snapshot), treeOnDisk(rows.tree, snapshot)];
    const state = process?.restore.observe();
    const content = (chunk: number): Content => {
      const contents = snapshot.keysOfChunk(chunk - 1).map((k) => kv.values[k]);
      if (contents.every((c) => c === "none")) return "none";
      return contents.every((c) => c === "good") ? "good" : "bad";
    };
    return {
      mode: state === undefined ? "none" : modeNames[state.mode],
      at: state === undefined ? 1 : state.at + 1,
      success: success === undefined ? "none" : modeNames[success],
      kv: Object.fromEntries(Array.from({ length: chunks }, (_, i) => [i + 1, content(i + 1)])),
      kvProgress: kv.progress / keysPerChunk,
      usage: kv.usage / keysPerChunk,
      tree: Math.ceil(rightmostLeaf(tree) / keysPerChunk),
      root: tree.root,
      runsLeft: this.runsLeft,
      badChunksLeft: this.badChunksLeft,
    };
  }
}

export class RestoreModesDriver implements Driver {
  private current: Operator | undefined;

  constructor(
    readonly name = "production",
    private readonly engine: RestoreEngine = production,
  ) {}

  async init(setup: Setup): Promise<void> {
    this.close();
    this.current = new Operator(this.engine, await chunkedSnapshot(constantOf(setup, "chunks"), keysPerChunk), setup);
  }
  private get operator(): Operator {
    if (this.current === undefined) throw new HarnessError("a step before init");
    return this.current;
  }

  async step(action: string, args: Arguments): Promise<StepResult> {
    return resultOf(await this.guardOf(action, args));
  }
  private async guardOf(action: string, args: Arguments): Promise<string | undefined> {
    const { operator } = this;
    switch (action) {
      case "StartRun":
        return operator.startRun(modeOf(args));
      case "AddChunk":
        return operator.add(numberOf(args, "at"), false);
      case "AddBadChunk":
        return operator.add(numberOf(args, "at"), true);
      case "FinishRun":
        return operator.finish();
      case "StopRun":
        return operator.stop();
      default:
        throw new HarnessError(`there is no action ${action}`);
    }
  }

  observe(): Observation {
    return { state: this.operator.observe(), unobserved: [] };
  }
  close(): void {
    this.current?.close();
    this.current = undefined;
  }
}
