/**
 * The engine's restore in the words of torn-writes.ts: a run with the key-value side alone and a run with the tree alone, each of
 * the whole snapshot, every key in a shard of its own; a crash takes both.
 *
 * In the engine a chunk's last leaf freezes with the next chunk, which the spec leaves out. So the tree's chunks are cut one key
 * later than those of KV (up to keys 3, 5, …): what freezes with each is then a chunk of the spec, and the leaf before in memory,
 * `treePrevious`, is the last one that was handed to a write. KV's shards are written in any order, and answered together.
 */
import { HarnessError } from "../../conformance/driver.ts";
import type { Arguments, Driver, Observation, Setup, StepResult } from "../../conformance/driver.ts";
import { setOf } from "../../specs/language/index.ts";
import { AnyOrderTable } from "./any-order-table.ts";
import type { HeldWrite } from "./any-order-table.ts";
import { scatteredSnapshot } from "./numbered-snapshot.ts";
import type { NumberedSnapshot } from "./numbered-snapshot.ts";
import { kvOnDisk, treeOnDisk } from "./restore-disk.ts";
import { RestoreProcess, emptyDisk, production } from "./restore-process.ts";
import type { RestoreDisk, RestoreEngine } from "./restore-process.ts";
import { constantOf, numberOf, resultOf } from "./step-values.ts";

const keysPerChunk = 2;
type Cut = Awaited<ReturnType<typeof scatteredSnapshot>>;

const presentIn = (contents: Readonly<Record<number, string>>): readonly number[] =>
  Object.entries(contents).flatMap(([k, content]) => (content === "none" ? [] : [Number(k)]));

/** The run with the key-value side alone. */
class KvRun {
  private constructor(
    private readonly process: RestoreProcess,
    private readonly table: AnyOrderTable,
    private readonly snapshot: NumberedSnapshot,
  ) {}

  static async start(engine: RestoreEngine, { snapshot, shards }: Cut, disk: RestoreDisk): Promise<KvRun> {
    let table: AnyOrderTable | undefined;
    const process = await RestoreProcess.start({
      engine,
      snapshot,
      shards,
      disk,
      mode: "keysOnly",
      isHeld: (step) => step === "KvProgress" || step === "BeginFinish",
      kvTable: (controlled) => (table = new AnyOrderTable(controlled)),
    });
    if (table === undefined) throw new HarnessError("the key-value side has no table");
    return new KvRun(process, table, snapshot);
  }

  private keyIn({ writes }: HeldWrite): number | undefined {
    return this.snapshot.keyNumbers.find((k) => writes.some((w) => "put" in w && w.put.endsWith(`/pair/${this.snapshot.nameOf(k)}`)));
  }
  get pending(): readonly number[] {
    return this.table.pending().flatMap((write) => (write.isCarriedOut ? [] : [this.keyIn(write) ?? 0]));
  }
  get pc(): "idle" | "values" | "progress" {
    const { pc } = this.process.restore.observe().kv;
    return pc === "start" ? "values" : pc === "progress" ? "progress" : "idle";
  }

  begin(): Promise<string | undefined> {
    return this.process.serve((index) => this.snapshot.chunk(index));
  }
  async writeShard(k: number): Promise<string | undefined> {
    const write = this.table.pending().find((w) => !w.isCarriedOut && this.keyIn(w) === k);
    if (write === undefined) return `no write of key ${k} is under way`;
    await this.table.carryOut(write.id);
    return undefined;
  }
  async endShards(): Promise<string | undefined> {
    const writes = this.table.pending();
    if (writes.length === 0) return "no shards are being written";
    if (writes.some((w) => !w.isCarriedOut)) return `the shards of ${this.pending.join(" and ")} are not written yet`;
    this.table.answerAll();
    await this.process.settle();
    return undefined;
  }
  async take(step: string): Promise<string | undefined> {
    const guard = await this.process.take(step);
    if (guard !== undefined) return guard;
    for (const write of this.table.pending()) await this.table.carryOut(write.id);
    this.table.answerAll();
    await this.process.settle();
    return undefined;
  }
  onDisk(): ReturnType<typeof kvOnDisk> {
    return kvOnDisk(this.process.disk().kv, this.snapshot);
  }
  crash(): RestoreDisk {
    return this.process.crash();
  }
}

/** The run with the tree alone. */
class TreeRun {
  private constructor(
    private readonly process: RestoreProcess,
    private readonly snapshot: NumberedSnapshot,
  ) {}

  static async start(engine: RestoreEngine, { snapshot, shards }: Cut, disk: RestoreDisk): Promise<TreeRun> {
    const isHeld = (step: string): boolean => ["TreeHand", "WriteShard", "BeginFinish"].includes(step);
    return new TreeRun(await RestoreProcess.start({ engine, snapshot, shards, disk, mode: "treeOnly", isHeld }), snapshot);
  }

  get pending(): readonly number[] {
    const { from, to } = this.process.restore.observe().tree;
    const ends = [this.snapshot.numberOf(from), this.snapshot.numberOf(to)];
    return this.snapshot.keyNumbers.filter((k) => !ends.includes(0) && k >= Math.min(...ends) && k <= Math.max(...ends));
  }
  get previous(): number {
    return this.snapshot.numberOf(this.process.restore.observe().tree.handed);
  }

  /** Chunks of which nothing freezes come before, after a crash. */
  async begin(): Promise<string | undefined> {
    const { process, snapshot } = this;
    const isWriting = (): boolean => process.restore.observe().tree.write === "pending";
    if (isWriting() && process.source.asked === undefined) return "the tree waits for the write before";
    do {
      if (process.source.asked !== undefined) await process.serve((index) => snapshot.chunk(index));
      const guard = await process.take("TreeHand");
      if (guard !== undefined) return guard;
    } while (!isWriting());
    return undefined;
  }
  async writeShard(k: number): Promise<string | undefined> {
    const from = this.process.waiting().find(({ step }) => step === "WriteShard")?.args["from"];
    const next = typeof from === "string" ? this.snapshot.numberOf(from) : 0;
    if (next !== k) return `the next shard of the tree is that of ${next === 0 ? "nothing" : `key ${next}`}`;
    return this.process.take("WriteShard");
  }
  onDisk(): ReturnType<typeof treeOnDisk> {
    return treeOnDisk(this.process.disk().tree, this.snapshot);
  }
  crash(): RestoreDisk {
    return this.process.crash();
  }
}
interface Machine {
  readonly kv: KvRun;
  readonly tree: TreeRun;
}

export class TornWritesDriver implements Driver {
  private cuts: { readonly kv: Cut; readonly tree: Cut } | undefined;
  private current: Machine | undefined;
  private crashesLeft = 0;

  constructor(
    readonly name = "production",
    private readonly engine: RestoreEngine = production,
  ) {}

  async init(setup: Setup): Promise<void> {
    this.close();
    const ends = Array.from({ length: constantOf(setup, "chunks") }, (_, i) => (i + 1) * keysPerChunk);
    this.cuts = { kv: await scatteredSnapshot(ends), tree: await scatteredSnapshot(ends.map((end) => end + 1)) };
    this.crashesLeft = constantOf(setup, "crashes");
    this.current = await this.start(emptyDisk, emptyDisk);
  }
  private async start(kv: RestoreDisk, tree: RestoreDisk): Promise<Machine> {
    if (this.cuts === undefined) throw new HarnessError("a step before init");
    return { kv: await KvRun.start(this.engine, this.cuts.kv, kv), tree: await TreeRun.start(this.engine, this.cuts.tree, tree) };
  }
  private get machine(): Machine {
    if (this.current === undefined) throw new HarnessError("a step before init");
    return this.current;
  }

  async step(action: string, args: Arguments): Promise<StepResult> {
    return resultOf(await this.guardOf(action, args));
  }
  private async guardOf(action: string, args: Arguments): Promise<string | undefined> {
    const { kv, tree } = this.machine;
    switch (action) {
      case "KvBegin":
        return kv.begin();
      case "KvShard":
        return kv.writeShard(numberOf(args, "k"));
      case "KvShardsEnd":
        return kv.endShards();
      case "TreeBegin":
        return tree.begin();
      case "TreeShard":
        return tree.writeShard(numberOf(args, "k"));
      case "Crash":
        return this.crash();
      default:
        return kv.take(action);
    }
  }
  private async crash(): Promise<string | undefined> {
    if (this.crashesLeft === 0) return "the machine crashes no more";
    this.crashesLeft -= 1;
    const { kv, tree } = this.machine;
    this.current = await this.start(kv.crash(), tree.crash());
    return undefined;
  }

  observe(): Observation {
    const { kv, tree } = this.machine;
    const { values, progress, usage } = kv.onDisk();
    const state = {
      kvPc: kv.pc,
      kvPending: setOf(...kv.pending),
      treePending: setOf(...tree.pending),
      treePrevious: tree.previous,
      values: setOf(...presentIn(values)),
      kvProgress: progress,
      usage,
      leaves: setOf(...presentIn(tree.onDisk().leaves)),
      crashesLeft: this.crashesLeft,
    };
    return { state, unobserved: [] };
  }

  close(): void {
    this.current?.kv.crash();
    this.current?.tree.crash();
    this.current = undefined;
  }
}
