/**
 * The engine's restore in the words of parallel-restore.ts. A step of the engine has the name of its action, and the writes
 * that follow it belong to the action. What is on disk is read from the rows, what is in memory from the restore's own state:
 * a hash stands for the contents that have it. Faults, and whether there was one, are the world's, which is this driver.
 */
import { bitsOf } from "../../engine/snapshot-restore/merkle/hash.ts";
import type { RestoreState } from "../../engine/snapshot-restore/restore.ts";
import { HarnessError } from "../../conformance/driver.ts";
import type { Arguments, Driver, Observation, Setup, StepResult } from "../../conformance/driver.ts";
import { chunkPath, chunkedSnapshot, shardPerChunk } from "./numbered-snapshot.ts";
import type { Content, NumberedSnapshot } from "./numbered-snapshot.ts";
import { kvOnDisk, treeOnDisk } from "./restore-disk.ts";
import type { TreeOnDisk } from "./restore-disk.ts";
import { RestoreProcess, production } from "./restore-process.ts";
import type { RestoreDisk, RestoreEngine } from "./restore-process.ts";
import { constantOf, numberOf, resultOf } from "./step-values.ts";

interface Faults {
  crashes: number;
  failedWrites: number;
  badChunks: number;
}

/** One behaviour: the process that runs, and the world around it. */
class World {
  readonly left: Faults;
  /** A chunk was bad or a write failed since the restore was opened, or since a chunk was offered again. */
  private hasFault = false;
  /** The key with the wrong value in the chunk that was served last. */
  private servedBad = 0;
  readonly chunks: number;
  readonly keysPerChunk: number;

  constructor(
    private readonly engine: RestoreEngine,
    setup: Setup,
    readonly snapshot: NumberedSnapshot,
    public process: RestoreProcess,
  ) {
    const of = (name: string): number => constantOf(setup, name);
    this.left = { crashes: of("crashes"), failedWrites: of("failedWrites"), badChunks: of("badChunks") };
    [this.chunks, this.keysPerChunk] = [of("chunks"), of("keysPerChunk")];
  }

  async restart(disk: RestoreDisk): Promise<void> {
    this.process.halt();
    this.process = await startProcess(this.engine, this.snapshot, this.chunks, disk);
  }
  get state(): RestoreState {
    return this.process.restore.observe();
  }

  /** Both actions are the engine's step Open, which reads only: what it says decides which of them it was. */
  async open(isExpected: boolean): Promise<string | undefined> {
    const guard = await this.process.take("Open");
    if (guard !== undefined) return guard;
    const { failure } = this.process;
    if ((failure === undefined) === isExpected) {
      this.hasFault = false;
      return undefined;
    }
    await this.restart(this.process.disk());
    return failure?.message ?? "the restore can be opened";
  }

  async fetch(badKey: number): Promise<string | undefined> {
    if (badKey !== 0 && this.left.badChunks === 0) return "the backup serves no more bad chunks";
    const { asked } = this.process.source;
    if (badKey !== 0 && asked !== undefined && !this.snapshot.keysOfChunk(asked).includes(badKey))
      return `chunk ${asked} has no key ${badKey}`;
    const guard = await this.process.serve((index) => this.snapshot.chunk(index, badKey));
    if (guard !== undefined) return guard;
    this.servedBad = badKey;
    if (badKey === 0) return undefined;
    this.left.badChunks -= 1;
    this.hasFault = true;
    return undefined;
  }

  async failWrite(): Promise<string | undefined> {
    if (this.left.failedWrites === 0) return "no more writes fail";
    const guard = await this.process.failWriteOf("WriteShard");
    if (guard !== undefined) return guard;
    this.left.failedWrites -= 1;
    this.hasFault = true;
    return undefined;
  }

  /** The engine's step Retry comes after an error of any kind; one of finish is RunAgain here. */
  async retry(): Promise<string | undefined> {
    if (this.state.pc !== "failed") return `no chunk has failed: the restore is ${this.state.pc}`;
    const guard = await this.process.take("Retry");
    this.hasFault = this.state.tree.write === "failed";
    return guard;
  }
  async runAgain(): Promise<string | undefined> {
    if (this.process.hasSucceeded) return this.restart(this.process.disk()).then(() => undefined);
    if (this.state.pc !== "finishFailed") return `finish has not ended: the restore is ${this.state.pc}`;
    return this.process.take("Retry");
  }

  async crash(): Promise<string | undefined> {
    if (this.left.crashes === 0) return "the machine crashes no more";
    if (this.state.pc === "down") return "nothing is in memory that a crash could take";
    this.left.crashes -= 1;
    await this.restart(this.process.crash());
    return undefined;
  }

  get faultless(): boolean {
    return this.state.pc !== "down" && !this.hasFault;
  }
  get badKey(): number {
    return this.state.pc === "adding" ? this.servedBad : 0;
  }
}

const startProcess = (engine: RestoreEngine, snapshot: NumberedSnapshot, chunks: number, disk?: RestoreDisk): Promise<RestoreProcess> =>
  RestoreProcess.start({ engine, snapshot, shards: shardPerChunk(chunks), ...(disk && { disk }) });

/** The last leaf, and the subtrees on the left of its path. */
const hashedIn = ({ tree: { frontier } }: RestoreState, snapshot: NumberedSnapshot): Readonly<Record<number, Content>> => {
  const hashed: Record<number, Content> = Object.fromEntries(snapshot.keyNumbers.map((k) => [k, "none"]));
  const { last, left } = frontier;
  if (last === null) return hashed;
  hashed[snapshot.numberOf(last.keyHash)] = snapshot.contentOfLeaf(last);
  for (const [depth, hash] of left) {
    const path = `${bitsOf(last.keyHash).slice(0, depth)}0`;
    for (const [k, content] of snapshot.contentsBelow(path, hash)) hashed[k] = content;
  }
  return hashed;
};

/** A node is good when both leaves below it are. */
const innerIn = ({ inner }: TreeOnDisk, { chunks, keysPerChunk, snapshot }: World): Readonly<Record<number, Content>> => {
  const content = (chunk: number): Content => {
    const path = chunkPath(chunk, chunks);
    const hash = keysPerChunk > 1 ? inner.get(path) : undefined;
    if (hash === undefined) return "none";
    return [...snapshot.contentsBelow(path, hash).values()].every((c) => c === "good") ? "good" : "bad";
  };
  return Object.fromEntries(Array.from({ length: chunks }, (_, i) => [i + 1, content(i + 1)]));
};

export class ParallelRestoreDriver implements Driver {
  private current: World | undefined;

  constructor(
    readonly name = "production",
    private readonly engine: RestoreEngine = production,
  ) {}

  async init(setup: Setup): Promise<void> {
    this.close();
    const chunks = constantOf(setup, "chunks");
    const snapshot = await chunkedSnapshot(chunks, constantOf(setup, "keysPerChunk"));
    this.current = new World(this.engine, setup, snapshot, await startProcess(this.engine, snapshot, chunks));
  }
  private get world(): World {
    if (this.current === undefined) throw new HarnessError("a step before init");
    return this.current;
  }

  async step(action: string, args: Arguments): Promise<StepResult> {
    return resultOf(await this.guardOf(action, args));
  }
  /** Why the engine does not do it; undefined when it is done. */
  private guardOf(action: string, args: Arguments): Promise<string | undefined> {
    const { world } = this;
    switch (action) {
      case "Open":
        return world.open(true);
      case "OpenRefuses":
        return world.open(false);
      case "FetchChunk":
        return world.fetch(0);
      case "FetchBadChunk":
        return world.fetch(numberOf(args, "k"));
      case "WriteFails":
        return world.failWrite();
      case "Retry":
        return world.retry();
      case "RunAgain":
        return world.runAgain();
      case "Crash":
        return world.crash();
      default:
        return world.process.take(action);
    }
  }

  observe(): Observation {
    const { world } = this;
    const { snapshot, state, left } = world;
    const { kv: kvRows, tree: treeRows } = world.process.disk();
    const [kv, tree] = [kvOnDisk(kvRows, snapshot), treeOnDisk(treeRows, snapshot)];
    const observed = {
      pc: state.pc,
      at: state.at + 1,
      badKey: world.badKey,
      faultless: world.faultless,
      kvPc: state.kv.pc,
      treePc: state.tree.pc,
      hashed: hashedIn(state, snapshot),
      previous: snapshot.numberOf(state.tree.previous),
      complete: state.tree.isComplete,
      handed: snapshot.numberOf(state.tree.handed),
      writing: { from: snapshot.numberOf(state.tree.from), to: snapshot.numberOf(state.tree.to) },
      write: state.tree.write,
      kv: kv.values,
      kvProgress: kv.progress,
      leaf: tree.leaves,
      inner: innerIn(tree, world),
      root: tree.root,
      crashesLeft: left.crashes,
      failedWritesLeft: left.failedWrites,
      badChunksLeft: left.badChunks,
    };
    return { state: observed, unobserved: [] };
  }

  close(): void {
    this.current?.process.halt();
    this.current = undefined;
  }
}
