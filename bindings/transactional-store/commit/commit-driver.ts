/** What the drivers of the commit specs share: actions by name, whose refusals are texts, and arguments that are checked. */
import type { Outcome } from "../../../engine/transactional-store/record.ts";
import type { TransactionalStore } from "../../../engine/transactional-store/transactional-store.ts";
import { HarnessError } from "../../../conformance/driver.ts";
import type { Arguments, Awaitable, Driver, Observation, Setup, StepResult } from "../../../conformance/driver.ts";
import { HeldStore } from "./held-store.ts";
import type { Patch } from "./held-store.ts";
import type { Observation as StoreObservation } from "../../../engine/transactional-store/observation.ts";

/** What the engine says when it will not do an action; undefined when it has done it. */
export type Refusal = string | undefined;
export type Actions = Readonly<Record<string, (args: Arguments) => Awaitable<Refusal>>>;

export interface Build {
  readonly name: string;
  readonly patch: Patch;
}
export const production: Build = { name: "production", patch: () => ({}) };

export const encoded = (text: string): Uint8Array => new TextEncoder().encode(text);
export const decoded = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : Buffer.from(bytes).toString();

export const textOf = (args: Arguments, name: string): string => {
  const value = args[name];
  if (typeof value !== "string" && typeof value !== "number") throw new HarnessError(`the argument ${name} is missing`);
  return String(value);
};
export const numberOf = (args: Arguments, name: string): number => {
  const value = args[name];
  if (typeof value !== "number") throw new HarnessError(`the argument ${name} is no number`);
  return value;
};

/** A commit that a client has asked for, and what it was told. */
export interface Asked {
  id: string;
  readonly branch: string;
  readonly keys: readonly string[];
  /** "failed": it got an error, and does not know the outcome. */
  outcome: Outcome | "failed" | undefined;
}

type SetUp = Parameters<typeof HeldStore.prepared>[0];
const createBranches = async (store: TransactionalStore, names: readonly string[]): Promise<void> => {
  for (const name of names) await store.createBranch(name);
};

export abstract class CommitDriver implements Driver {
  readonly name: string;
  protected abstract readonly actions: Actions;
  #held: HeldStore | undefined;
  #image: Promise<{ readonly image: Parameters<typeof HeldStore.start>[0]; readonly base: number }> | undefined;
  #branches = "";

  constructor(protected readonly build: Build) {
    this.name = build.name;
  }

  abstract init(setup: Setup): Awaitable<void>;
  abstract observe(): Awaitable<Observation>;

  async step(action: string, args: Arguments): Promise<StepResult> {
    const act = this.actions[action];
    if (act === undefined) throw new HarnessError(`the driver has no action ${action}`);
    const guard = await act(args);
    return guard === undefined ? { kind: "ok" } : { kind: "refused", guard };
  }

  close(): void {
    this.#held?.disk.halt();
    this.#held = undefined;
  }

  protected get held(): HeldStore {
    if (this.#held === undefined) throw new HarnessError("a step before init");
    return this.#held;
  }
  protected set held(held: HeldStore) {
    this.#held = held;
  }
  protected get observed(): StoreObservation {
    const observed = this.held.observe();
    if (observed === undefined) throw new HarnessError("the store is not open");
    return observed;
  }

  /** A fresh store with these branches, or what `setUp` makes; what it is made of is made once. */
  protected async start(
    names: readonly string[],
    isHeld?: Parameters<typeof HeldStore.start>[3],
    setUp: SetUp = (store) => createBranches(store, names),
  ): Promise<void> {
    this.close();
    const wanted = names.join(",");
    if (this.#image === undefined || this.#branches !== wanted) {
      this.#image = HeldStore.prepared(setUp);
      this.#branches = wanted;
    }
    const { image, base } = await this.#image;
    this.held = await HeldStore.start(image, base, this.build.patch, isHeld);
  }

  protected hearOutcome(asked: Asked, outcome: Promise<Outcome>): Asked {
    outcome.then(
      (known) => (asked.outcome = known),
      () => (asked.outcome = "failed"),
    );
    return asked;
  }

  /** Writes keys blindly: a transaction that has buffered them and asks for its commit. It waits at Lock. */
  protected async askForCommit(branch: string, keys: readonly string[], value: string): Promise<Asked> {
    const transaction = this.held.opened.begin(branch);
    for (const key of keys) transaction.put(key, encoded(value));
    const asked = this.hearOutcome({ id: transaction.id, branch, keys, outcome: undefined }, transaction.commit());
    await this.held.settle();
    return asked;
  }

  /**
   * The commit asks for its branch's lock. If another has it, the commit is left in the queue, but it will fail when
   * its turn comes, and let go of the lock: as if it had not asked.
   */
  protected async lock(id: string): Promise<Refusal> {
    const { held } = this;
    const refused = await held.pass(id, "Lock");
    if (refused !== undefined) return refused;
    const committing = this.observed.committing.find((c) => c.id === id);
    if (committing?.at === "locked") return undefined;
    held.steps.fail(id);
    const owner = committing === undefined ? undefined : this.observed.branchLock[committing.branch]?.owner;
    return `it waits for the lock of ${committing?.branch ?? "its branch"}, which ${owner ?? "nobody"} has`;
  }
}
