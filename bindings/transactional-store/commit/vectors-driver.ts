/**
 * specs/transactional-store/vectors/insert.ts on the engine. A task is a transaction that inserts or deletes the vector of
 * one key; the index's write lock is the branch's. `Check` is the validation and the allocation, which chooses the id;
 * `Store` is the append and the apply of the record; `ChangeIndex` and `Unlock` are the steps ChangeIndex and Finish.
 * - A delete that finds nothing writes a tombstone in the engine, and nothing in the spec: those steps belong to `Check`.
 * - `StoreFails`: the append is going to fail; the engine hears of it in `Unlock`, and lets go of the lock with that.
 * - Ids are the engine's, numbered in the order in which they are first seen since the restart, behind the stored one.
 * Not observed: `nextId`, because ids come from versions, and `found`, a local variable whose use is seen in `id`.
 */
import { CommitProtocol } from "../../../engine/transactional-store/commit-protocol.ts";
import type { Committing, Core } from "../../../engine/transactional-store/commit-protocol.ts";
import type { TransactionalStore } from "../../../engine/transactional-store/transactional-store.ts";
import { VectorCollections, decodeVector, decodeVectorRecord } from "../../../engine/transactional-store/vector-collections.ts";
import type { NewIndex } from "../../../engine/transactional-store/vector-collections.ts";
import { parseKey, vectorKey } from "../../../engine/transactional-store/keys.ts";
import { HarnessError } from "../../../conformance/driver.ts";
import type { Arguments, Observation, Setup } from "../../../conformance/driver.ts";
import { CommitDriver, numberOf, textOf } from "./commit-driver.ts";
import type { Actions, Asked, Refusal } from "./commit-driver.ts";
import { ListedIndex } from "./listed-index.ts";

/** What a protocol shows of itself, and the index that it changes. */
export interface VectorView {
  readonly saw: (transaction: string, vectorId: number) => void;
  readonly index: () => ListedIndex;
}
export interface VectorBuild {
  readonly name: string;
  readonly protocol: (core: Core, view: VectorView) => CommitProtocol;
  /** Of production, if there are none. */
  readonly vectors?: (newIndex: NewIndex) => VectorCollections;
}

/** Tells which id a commit has chosen. */
export class WatchedProtocol extends CommitProtocol {
  constructor(
    core: Core,
    protected readonly view: VectorView,
  ) {
    super(core);
  }
  protected override writesOf(c: Committing): ReturnType<CommitProtocol["writesOf"]> {
    const writes = super.writesOf(c);
    for (const [key, value] of writes)
      if (value !== undefined && parseKey(key)?.kind === "vector") this.view.saw(c.id, decodeVectorRecord(value, key).id);
    return writes;
  }
}
export const productionVectors: VectorBuild = { name: "production", protocol: (core, view) => new WatchedProtocol(core, view) };

interface Task {
  readonly kind: "insert" | "delete";
  commit: Asked;
  isFailing: boolean;
}

const [collection, key] = ["c", "v"];
const internal = vectorKey(collection, key);
const held = new Set(["Lock", "Validate", "Allocate", "Append", "Apply", "ChangeIndex", "Finish"]);
const labels: Readonly<Record<string, string>> = {
  Lock: "lock",
  Validate: "check",
  Append: "store",
  ChangeIndex: "index",
  Finish: "unlock",
};
const ids = [1, 2, 3, 4];

export class VectorsDriver extends CommitDriver {
  #index: ListedIndex | undefined;
  #most: Readonly<Record<string, number>> = {};
  #threads: readonly number[] = [];
  readonly #tasks = new Map<number, Task>();
  /** By transaction: the id that it has chosen. */
  readonly #chosen = new Map<string, number>();
  #numbers = new Map<number, number>();
  /** What the environment has done. */
  #done = { begun: 0, deletes: 0, failures: 0, crashes: 0, isFresh: false };

  protected override readonly actions: Actions = {
    Begin: (args) => this.#begin(args),
    Lock: (args) => this.#lock(numberOf(args, "t")),
    Check: (args) => this.#check(numberOf(args, "t")),
    ChangeIndex: (args) => this.#pass(args, "ChangeIndex"),
    Store: (args) => this.#store(numberOf(args, "t")),
    StoreFails: (args) => this.#storeFails(numberOf(args, "t")),
    Unlock: (args) => this.#pass(args, this.#tasks.get(numberOf(args, "t"))?.isFailing === true ? "Append" : "Finish"),
    CrashAndRebuild: () => this.#crash(),
  };

  constructor(vectors: VectorBuild) {
    const view: VectorView = {
      saw: (transaction, id) => this.#saw(transaction, id),
      index: () => this.#indexNow,
    };
    const newIndex: NewIndex = (...of) => (this.#index = new ListedIndex(...of));
    const collections = vectors.vectors ?? ((index: NewIndex) => new VectorCollections(index));
    const patch = () => ({ vectors: () => collections(newIndex), protocol: (core: Core) => vectors.protocol(core, view) });
    super({ name: vectors.name, patch });
  }

  override async init({ constants }: Setup): Promise<void> {
    this.#most = Object.fromEntries(["tasks", "deletes", "failures", "crashes"].map((name) => [name, Number(constants[name])]));
    this.#threads = Array.from({ length: Number(constants["threads"]) }, (_, i) => i + 1);
    this.#tasks.clear();
    this.#chosen.clear();
    this.#done = { begun: 0, deletes: 0, failures: 0, crashes: 0, isFresh: false };
    const hasVector = constants["existing"] === 1;
    await this.start(
      [hasVector ? "existing" : "empty"],
      (step) => held.has(step),
      (store) => setUp(store, hasVector),
    );
    this.#numbers = new Map(this.#stored === null ? [] : [[this.#stored.id, 1]]);
  }

  get #indexNow(): ListedIndex {
    if (this.#index === undefined) throw new HarnessError("the engine has made no index");
    return this.#index;
  }
  /** The key's record, with the engine's id. */
  get #stored(): { readonly id: number; readonly embedding: number } | null {
    const value = this.held.core?.state.branch("main")?.chains.get(internal)?.[0]?.value;
    if (value === undefined) return null;
    const { id, vector } = decodeVectorRecord(value, internal);
    return { id, embedding: decodeVector(vector)[0] ?? -1 };
  }
  #saw(transaction: string, id: number): void {
    this.#chosen.set(transaction, id);
    if (!this.#numbers.has(id)) this.#numbers.set(id, Math.max(0, ...this.#numbers.values()) + 1);
  }
  #number(id: number | undefined): number | null {
    return id === undefined ? null : (this.#numbers.get(id) ?? id);
  }

  async #ask(t: number, kind: Task["kind"]): Promise<Asked> {
    const transaction = this.held.opened.begin();
    if (kind === "insert") await transaction.insertVector(collection, key, [t]);
    else await transaction.deleteVector(collection, key);
    const asked = this.hearOutcome({ id: transaction.id, branch: "main", keys: [], outcome: undefined }, transaction.commit());
    await this.held.settle();
    return asked;
  }

  async #begin(args: Arguments): Promise<Refusal> {
    const t = numberOf(args, "t");
    const kind = textOf(args, "task") === "insert" ? "insert" : "delete";
    if (this.#pc(t) !== "idle") return `thread ${t} is in the middle of a task`;
    if (this.#done.begun >= (this.#most["tasks"] ?? 0)) return "the threads have begun all their tasks";
    if (kind === "delete" && this.#done.deletes >= (this.#most["deletes"] ?? 0)) return "the threads have made all their deletes";
    this.#done.begun++;
    this.#done.isFresh = false;
    if (kind === "delete") this.#done.deletes++;
    this.#tasks.set(t, { kind, commit: await this.#ask(t, kind), isFailing: false });
    return undefined;
  }

  #idOf(t: number): string {
    return this.#tasks.get(t)?.commit.id ?? "none";
  }
  #isAt(t: number, step: string): boolean {
    return this.held.waitingOf(this.#idOf(t)).some((w) => w.step === step);
  }
  #pass(args: Arguments, step: string): Promise<Refusal> {
    return this.held.pass(this.#idOf(numberOf(args, "t")), step);
  }

  async #lock(t: number): Promise<Refusal> {
    const task = this.#tasks.get(t);
    if (task === undefined) return "no task is under way";
    const wasThere = this.#isAt(t, "Lock");
    const refused = await this.lock(task.commit.id);
    // The one that has asked in vain is given up; another one, which has not asked yet, is in its place.
    if (refused !== undefined && wasThere) task.commit = await this.#ask(t, task.kind);
    return refused;
  }

  async #check(t: number): Promise<Refusal> {
    const id = this.#idOf(t);
    const findsNothing = this.#stored === null;
    const refused = await this.held.pass(id, "Validate");
    if (refused !== undefined) return refused;
    if (this.#isAt(t, "Allocate")) await this.held.pass(id, "Allocate");
    if (this.#tasks.get(t)?.kind === "delete" && findsNothing)
      for (const step of ["Append", "Apply", "ChangeIndex"]) await this.held.pass(id, step);
    return undefined;
  }

  async #store(t: number): Promise<Refusal> {
    if (this.#tasks.get(t)?.isFailing === true) return "the append is failing";
    const refused = await this.held.pass(this.#idOf(t), "Append");
    if (refused === undefined && this.#isAt(t, "Apply")) return this.held.pass(this.#idOf(t), "Apply");
    return refused;
  }

  #storeFails(t: number): Refusal {
    const task = this.#tasks.get(t);
    if (task === undefined || task.isFailing || !this.#isAt(t, "Append")) return "no append is under way that could fail";
    if (this.#done.failures >= (this.#most["failures"] ?? 0)) return "the environment has no failure left";
    this.#done.failures++;
    task.isFailing = true;
    this.held.steps.fail(task.commit.id);
    return undefined;
  }

  async #crash(): Promise<Refusal> {
    if (this.#done.crashes >= (this.#most["crashes"] ?? 0)) return "the environment has no crash left";
    this.#done.crashes++;
    this.#done.isFresh = true;
    this.#tasks.clear();
    this.#chosen.clear();
    const numbers = this.#numbers;
    this.held = await this.held.crashAndRestart();
    this.#numbers = new Map([...numbers].filter(([id]) => id === this.#stored?.id));
    return undefined;
  }

  #pc(t: number): string {
    const task = this.#tasks.get(t);
    if (task === undefined) return "idle";
    const [waiting] = this.held.waitingOf(task.commit.id);
    if (waiting === undefined) return "idle";
    const label = task.isFailing && waiting.step === "Append" ? "unlock" : labels[waiting.step];
    if (label === undefined) throw new HarnessError(`a commit waits at ${waiting.step}`);
    return label;
  }

  override observe(): Observation {
    const owner = this.observed.branchLock["main"]?.owner ?? null;
    const stored = this.#stored;
    const embeddings = new Map([...this.#indexNow.vectors].map(([id, vector]) => [this.#number(id), vector[0] ?? -1]));
    const stray = [...embeddings.keys()].find((id) => id === null || !ids.includes(id));
    if (stray !== undefined) throw new HarnessError(`the index has the unknown id ${String(stray)}`);
    const perThread = <T>(of: (t: number) => T) => Object.fromEntries(this.#threads.map((t) => [t, of(t)]));
    return {
      state: {
        task: perThread((t) => this.#tasks.get(t)?.kind ?? "none"),
        pc: perThread((t) => this.#pc(t)),
        id: perThread((t) => this.#number(this.#chosen.get(this.#idOf(t)))),
        writer: owner === null ? null : (this.#threads.find((t) => this.#idOf(t) === owner) ?? owner),
        index: Object.fromEntries(ids.map((id) => [id, embeddings.get(id) ?? null])),
        stored: stored && { id: this.#number(stored.id), embedding: stored.embedding },
        ...this.#done,
      },
      unobserved: ["found", "nextId"],
    };
  }
}

const setUp = async (store: TransactionalStore, hasVector: boolean): Promise<void> => {
  const transaction = store.begin();
  transaction.createCollection(collection, { dimension: 1, metric: "l2sq" });
  if (hasVector) await transaction.insertVector(collection, key, [0]);
  const outcome = await transaction.commit();
  if (outcome.status !== "committed") throw new HarnessError(outcome.detail);
};
