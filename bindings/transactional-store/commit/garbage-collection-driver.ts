/**
 * specs/transactional-store/commit/garbage-collection.ts on the engine. The spec's chain is that of one key of the main
 * branch; every other commit writes another key. A reader is an open transaction. The collector's two steps are the
 * engine's: `ChooseMinimum`, and `Drop`, which the engine does branch by branch and the driver in one.
 * `written`, and what a reader was told, are the clients' view: the versions that their commits were given, and the
 * values that name them. The engine registers a snapshot in the step that takes it, and has no step `Register`.
 */
import { HarnessError } from "../../../conformance/driver.ts";
import type { Arguments, Observation, Setup } from "../../../conformance/driver.ts";
import { CommitDriver, decoded, encoded, textOf } from "./commit-driver.ts";
import type { Actions, Refusal } from "./commit-driver.ts";
import type { Transaction } from "../../../engine/transactional-store/transaction.ts";

interface Reader {
  readonly transaction: Transaction;
  read: number | null;
}

const [key, otherKey] = ["x", "y"];
const held = new Set(["ChooseMinimum", "Drop", "Register"]);

export class GarbageCollectionDriver extends CommitDriver {
  #names: readonly string[] = [];
  #mostVersions = 0;
  readonly #readers = new Map<string, Reader>();
  #written: readonly number[] = [];

  protected override readonly actions: Actions = {
    Commit: () => this.#commit(key),
    CommitElsewhere: () => this.#commit(otherKey),
    Begin: (args) => this.#begin(textOf(args, "r")),
    Register: () => this.held.passOf("Register"),
    Read: (args) => this.#read(args),
    End: (args) => this.#end(textOf(args, "r")),
    ChooseMinimum: () => this.#chooseMinimum(),
    Drop: () => this.#drop(),
  };

  override async init({ constants }: Setup): Promise<void> {
    this.#names = Array.from({ length: Number(constants["readers"]) }, (_, i) => `r${i + 1}`);
    this.#mostVersions = Number(constants["versions"]);
    this.#readers.clear();
    this.#written = [];
    await this.start([], (step) => held.has(step));
  }

  async #commit(to: string): Promise<Refusal> {
    if (this.held.opened.version >= this.#mostVersions) return "the writer has made all its commits";
    const transaction = this.held.opened.begin();
    transaction.put(to, encoded(`${this.held.opened.version + 1}`));
    const outcome = await transaction.commit();
    if (outcome.status !== "committed") return outcome.detail;
    if (to === key) this.#written = [outcome.version, ...this.#written];
    return undefined;
  }

  #begin(r: string): Refusal {
    if (this.#readers.has(r)) return `${r} has a transaction`;
    this.#readers.set(r, { transaction: this.held.opened.begin(), read: null });
    return undefined;
  }

  async #read(args: Arguments): Promise<Refusal> {
    const reader = this.#readers.get(textOf(args, "r"));
    if (reader === undefined) return "no transaction is open";
    reader.read = Number(decoded(await reader.transaction.get(key)) ?? 0);
    return undefined;
  }

  #end(r: string): Refusal {
    const reader = this.#readers.get(r);
    if (reader === undefined) return "no transaction is open";
    reader.transaction.abort();
    this.#readers.delete(r);
    return undefined;
  }

  async #chooseMinimum(): Promise<Refusal> {
    const collection = { isOver: false };
    void this.held.opened.collectVersions().then(() => (collection.isOver = true));
    await this.held.settle();
    if (collection.isOver) return "the collector says that it is under way already";
    return this.held.passOf("ChooseMinimum");
  }

  async #drop(): Promise<Refusal> {
    const refused = await this.held.passOf("Drop");
    while (refused === undefined && (await this.held.passOf("Drop")) === undefined);
    return refused;
  }

  override observe(): Observation {
    const observed = this.observed;
    const minimum = this.held.steps.waiting().find(({ step }) => step === "Drop")?.args["minimum"];
    const readers = this.#names.map((r) => [r, this.#readerState(r)]);
    return {
      state: {
        storeVersion: observed.storeVersion,
        chain: (observed.chains["main"]?.[`k${key}`] ?? []).map((e) => e.version),
        written: this.#written,
        readers: Object.fromEntries(readers),
        minimum: typeof minimum === "number" ? minimum : null,
      },
      unobserved: [],
    };
  }

  #readerState(r: string) {
    const reader = this.#readers.get(r);
    if (reader === undefined) return { at: "idle", snapshot: 0, read: null };
    const { id, snapshot } = reader.transaction;
    const registered = this.observed.snapshots[id];
    if (registered !== undefined && registered !== snapshot) throw new HarnessError(`${id} is registered with another snapshot`);
    return { at: registered === undefined ? "taken" : "open", snapshot, read: reader.read };
  }
}
