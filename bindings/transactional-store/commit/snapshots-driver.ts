/**
 * specs/transactional-store/commit/snapshots.ts on the engine. A writer is one commit of blind writes; each action is the
 * step of the same name of the commit protocol. `Lock` is the step up to the validation, which has nothing to compare;
 * `Append` is the append and its sync. `AppendFails` is an append that fails before the log is touched: the version
 * stays unused and others go on. A write that fails in the middle poisons the whole log, which is recovery/durability.ts.
 * `Crash` kills the process: a new one recovers from the disk, held before each record. The engine replays a record in
 * one step, the spec key by key: models with a crash must have one key.
 * Until the store is open nobody can take a snapshot; its `storeVersion` is the one that it would open with, which is the
 * highest version that recovery has replayed.
 */
import { HarnessError } from "../../../conformance/driver.ts";
import type { Arguments, Observation, Setup } from "../../../conformance/driver.ts";
import { setOf } from "../../../specs/language/index.ts";
import type { Transaction } from "../../../engine/transactional-store/transaction.ts";
import { CommitDriver, decoded, textOf } from "./commit-driver.ts";
import type { Actions, Asked, Refusal } from "./commit-driver.ts";

/** A writer whose process has died knows what is in the log, and nothing else. */
type Writer = Asked | "lost";
interface Reader {
  readonly transaction: Transaction;
  readonly first: Record<string, number>;
  readonly latest: Record<string, number>;
}

const labels: Readonly<Record<string, string>> = { active: "start", validated: "locked" };
const nobody = { at: "start", branch: null, version: 0, unapplied: setOf<string>() };
const failed = { ...nobody, at: "failed" };
const named = (letter: string, count: unknown): readonly string[] => Array.from({ length: Number(count) }, (_, i) => `${letter}${i + 1}`);

export class SnapshotsDriver extends CommitDriver {
  #writerNames: readonly string[] = [];
  #readerNames: readonly string[] = [];
  #branches: readonly string[] = [];
  #keys: readonly string[] = [];
  #mostCrashes = 0;
  #crashes = 0;
  readonly #writers = new Map<string, Writer>();
  readonly #readers = new Map<string, Reader>();

  protected override readonly actions: Actions = {
    Lock: (args) => this.#lock(textOf(args, "w"), textOf(args, "b")),
    Allocate: async (args) => (await this.#pass(args, "Validate")) ?? this.#pass(args, "Allocate"),
    MarkPending: (args) => this.#pass(args, "MarkPending"),
    Append: (args) => this.#pass(args, "Append"),
    AppendFails: (args) => this.#appendFails(args),
    Apply: (args) => this.#pass(args, "Apply", `k${textOf(args, "k")}`),
    Finish: (args) => this.#pass(args, "Finish"),
    Acknowledge: (args) => this.#pass(args, "Acknowledge"),
    Begin: (args) => this.#begin(textOf(args, "r"), textOf(args, "on")),
    Read: (args) => this.#read(textOf(args, "r"), textOf(args, "of")),
    Crash: () => this.#crash(),
    Replay: (args) => this.#replay(textOf(args, "k")),
    FinishRecovery: () => this.held.passOf("Open"),
  };

  override async init({ constants }: Setup): Promise<void> {
    if (Number(constants["crashes"]) > 0 && Number(constants["keys"]) > 1)
      throw new HarnessError("the engine replays a record in one step, the spec one key a step: a model with crashes must have one key");
    this.#writerNames = named("w", constants["writers"]);
    this.#readerNames = named("r", constants["readers"]);
    this.#branches = named("b", constants["branches"]);
    this.#keys = named("k", constants["keys"]);
    this.#mostCrashes = Number(constants["crashes"]);
    this.#crashes = 0;
    this.#writers.clear();
    this.#readers.clear();
    await this.start(this.#branches);
  }

  #idOf(args: Arguments): string {
    const writer = this.#writers.get(textOf(args, "w"));
    return writer === undefined || writer === "lost" ? "none" : writer.id;
  }
  #pass(args: Arguments, step: string, key?: string): Promise<Refusal> {
    return this.held.pass(this.#idOf(args), step, key);
  }

  async #lock(w: string, branch: string): Promise<Refusal> {
    if (this.held.store === undefined) return "the store is not open";
    if (this.#writers.has(w)) return `${w} has asked for its commit before`;
    const asked = await this.askForCommit(branch, this.#keys, w);
    const refused = await this.lock(asked.id);
    if (refused === undefined) this.#writers.set(w, asked);
    return refused;
  }

  async #appendFails(args: Arguments): Promise<Refusal> {
    const id = this.#idOf(args);
    if (!this.held.waitingOf(id).some(({ step }) => step === "Append")) return "no append is under way that could fail";
    this.held.steps.fail(id);
    return this.held.pass(id, "Append");
  }

  #begin(r: string, branch: string): Refusal {
    if (this.held.store === undefined) return "the store is not open";
    if (this.#readers.has(r)) return `${r} has a transaction`;
    this.#readers.set(r, { transaction: this.held.opened.begin(branch), first: {}, latest: {} });
    return undefined;
  }

  async #read(r: string, key: string): Promise<Refusal> {
    const reader = this.#readers.get(r);
    if (reader === undefined) return "no transaction is open";
    const writer = decoded(await reader.transaction.get(key));
    const version = writer === undefined ? 0 : this.#versionOf(writer);
    reader.first[key] ??= version;
    reader.latest[key] = version;
    return undefined;
  }

  /** The version under which the engine keeps what a writer has written. */
  #versionOf(writer: string): number {
    const known = this.#writers.get(writer);
    if (known === undefined || known === "lost") return this.#recordOf(writer)?.version ?? 0;
    if (typeof known.outcome === "object" && known.outcome.status === "committed") return this.held.version(known.outcome.version);
    return this.held.version(this.observed.committing.find((c) => c.id === known.id)?.version ?? 0);
  }
  /** What the log has of a writer. */
  #recordOf(writer: string) {
    for (const { version, body } of this.held.logged())
      if (body.writes.some(([, value]) => decoded(value ?? undefined) === writer)) return { version: this.held.version(version), body };
    return undefined;
  }

  async #crash(): Promise<Refusal> {
    if (this.#crashes >= this.#mostCrashes) return "the environment has no crash left";
    this.#crashes++;
    for (const w of this.#writers.keys()) this.#writers.set(w, "lost");
    this.#readers.clear();
    this.held = await this.held.crash();
    return undefined;
  }

  async #replay(key: string): Promise<Refusal> {
    if (!this.#keys.includes(key)) return `no record has the key ${key}`;
    return this.held.passOf("ReplayRecord");
  }

  override observe(): Observation {
    const { held } = this;
    const open = held.observe();
    const { recovered } = held;
    if (open === undefined && recovered === undefined) throw new HarnessError("nothing is known of the store");
    const nameOf = (id: string | null | undefined): string | null =>
      id === null || id === undefined ? null : ([...this.#writers].find(([, w]) => w !== "lost" && w.id === id)?.[0] ?? id);
    const state = {
      managerVersion: held.version(open?.managerVersion ?? recovered?.managerVersion ?? 0),
      storeVersion: held.version(open?.storeVersion ?? recovered?.managerVersion ?? 0),
      wal: held.logged().map(({ body }) => decoded(body.writes[0]?.[1] ?? undefined)),
      pending: setOf(...(open?.pending ?? []).map((v) => held.version(v))),
      branchLock: Object.fromEntries(this.#branches.map((b) => [b, nameOf(open?.branchLock[b]?.owner)])),
      walLock: nameOf(open?.walLock.owner),
      chains: Object.fromEntries(this.#branches.map((b) => [b, Object.fromEntries(this.#keys.map((k) => [k, this.#chain(b, k)]))])),
      writers: Object.fromEntries(this.#writerNames.map((w) => [w, this.#writerState(w)])),
      readers: Object.fromEntries(this.#readerNames.map((r) => [r, this.#readerState(r)])),
      crashes: this.#crashes,
      recovering: held.isRecovering,
    };
    return { state, unobserved: [] };
  }

  #chain(branch: string, key: string): readonly number[] {
    const { held } = this;
    const chain = held.observe()?.chains[branch]?.[`k${key}`] ?? held.recovered?.branch(branch)?.chains.get(`k${key}`) ?? [];
    return chain.map((e) => held.version(e.version));
  }

  #writerState(w: string): Readonly<Record<string, unknown>> {
    const writer = this.#writers.get(w);
    if (writer === undefined) return nobody;
    if (writer === "lost") return this.#lostState(w);
    const { id, branch, keys, outcome } = writer;
    if (outcome === "failed" || outcome?.status === "refused") return failed;
    if (outcome !== undefined) return { at: "acknowledged", branch, version: this.held.version(outcome.version), unapplied: setOf() };
    const committing = this.observed.committing.find((c) => c.id === id);
    if (committing === undefined) throw new HarnessError(`the engine has forgotten the commit of ${w}`);
    // Before it has a version the engine has not begun to count; what it is to write is what it was given.
    const unapplied = committing.version === 0 ? keys : committing.unapplied.map((k) => k.slice(1));
    return {
      at: labels[committing.at] ?? committing.at,
      branch,
      version: this.held.version(committing.version),
      unapplied: setOf(...unapplied),
    };
  }
  #lostState(w: string): Readonly<Record<string, unknown>> {
    const record = this.#recordOf(w);
    if (record === undefined) return failed;
    const { version, body } = record;
    const keys = body.writes.map(([key]) => key.slice(1));
    const unapplied = keys.filter((k) => !this.#chain(body.branch, k).includes(version));
    return { at: "acknowledged", branch: body.branch, version, unapplied: setOf(...unapplied) };
  }

  #readerState(r: string): Readonly<Record<string, unknown>> {
    const reader = this.#readers.get(r);
    if (reader === undefined) return { branch: null, snapshot: 0, first: {}, latest: {} };
    const { branch, snapshot } = reader.transaction;
    return { branch, snapshot: this.held.version(snapshot), first: { ...reader.first }, latest: { ...reader.latest } };
  }
}
