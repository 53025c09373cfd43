/**
 * specs/transactional-store/commit/versions.ts on the engine. Each thread is a commit on a branch of its own. The engine
 * is of the design `walLock=aroundAppend`, `failedVersion=unused`: it allocates without the log's lock, so that the log
 * may be out of the order of versions, and versions have gaps. Recovery puts each version to its place in its chain,
 * and nothing is published above a version that is missing, so that neither does harm.
 * `FetchAdd` is the commit from its beginning to the allocation; `Append` is the rest of it.
 */
import { HarnessError } from "../../../conformance/driver.ts";
import type { Observation, Setup } from "../../../conformance/driver.ts";
import { CommitDriver, textOf } from "./commit-driver.ts";
import type { Actions, Asked, Refusal } from "./commit-driver.ts";

const held = new Set(["Lock", "Validate", "TakeWalLock", "Allocate", "Load", "Store", "Append"]);
const labels: Readonly<Record<string, string>> = {
  active: "start",
  locked: "start",
  validated: "start",
  logged: "committed",
  finished: "committed",
};

export class VersionsDriver extends CommitDriver {
  #threads: readonly string[] = [];
  #mostCrashes = 0;
  #crashes = 0;
  readonly #commits = new Map<string, Asked | "lost">();

  protected override readonly actions: Actions = {
    TakeWalLock: (args) => this.#begun(textOf(args, "t"), ["TakeWalLock"]),
    FetchAdd: (args) => this.#begun(textOf(args, "t"), ["Allocate"]),
    Load: (args) => this.#begun(textOf(args, "t"), ["Load"]),
    Store: (args) => this.#pass(textOf(args, "t"), "Store"),
    Append: (args) => this.#pass(textOf(args, "t"), "Append"),
    AppendFails: (args) => this.#appendFails(textOf(args, "t")),
    CrashAndRestart: () => this.#crash(),
  };

  override async init({ constants }: Setup): Promise<void> {
    this.#threads = Array.from({ length: Number(constants["threads"]) }, (_, i) => `t${i + 1}`);
    this.#mostCrashes = Number(constants["crashes"]);
    this.#crashes = 0;
    this.#commits.clear();
    await this.start(this.#threads, (step) => held.has(step));
    // Until its first action of the spec a commit waits behind its validation.
    for (const t of this.#threads) await this.#ask(t);
  }

  async #ask(t: string): Promise<void> {
    const asked = await this.askForCommit(t, ["x"], t);
    this.#commits.set(t, asked);
    for (const step of ["Lock", "Validate"]) {
      const refused = await this.held.pass(asked.id, step);
      if (refused !== undefined) throw new HarnessError(refused);
    }
  }

  #pass(t: string, step: string): Promise<Refusal> {
    const commit = this.#commits.get(t);
    return this.held.pass(commit === undefined || commit === "lost" ? "none" : commit.id, step);
  }
  async #begun(t: string, steps: readonly string[]): Promise<Refusal> {
    for (const step of steps) {
      const refused = await this.#pass(t, step);
      if (refused !== undefined) return refused;
    }
    return undefined;
  }

  async #appendFails(t: string): Promise<Refusal> {
    const commit = this.#commits.get(t);
    if (commit === undefined || commit === "lost" || !this.held.waitingOf(commit.id).some(({ step }) => step === "Append"))
      return "no append is under way that could fail";
    this.held.steps.fail(commit.id);
    return this.held.pass(commit.id, "Append");
  }

  /** Threads that had not begun begin again; of the others the log tells. */
  async #crash(): Promise<Refusal> {
    if (this.#crashes >= this.#mostCrashes) return "the environment has no crash left";
    this.#crashes++;
    const fresh = this.#threads.filter((t) => this.#threadState(t).at === "start");
    for (const t of this.#threads) this.#commits.set(t, "lost");
    this.held = await this.held.crashAndRestart();
    for (const t of fresh) await this.#ask(t);
    return undefined;
  }

  override observe(): Observation {
    const { observed } = this;
    const owner = [...this.#commits].find(([, c]) => c !== "lost" && c.id === observed.walLock.owner)?.[0];
    return {
      state: {
        counter: this.held.version(observed.managerVersion),
        walLock: owner ?? observed.walLock.owner,
        wal: this.held.logged().map(({ version }) => this.held.version(version)),
        threads: Object.fromEntries(this.#threads.map((t) => [t, this.#threadState(t)])),
        crashes: this.#crashes,
      },
      unobserved: [],
    };
  }

  #threadState(t: string): { readonly at: string; readonly version: number } {
    const commit = this.#commits.get(t);
    if (commit === undefined || commit === "lost") {
      const logged = this.held.logged().find(({ body }) => body.branch === t);
      return logged === undefined ? { at: "failed", version: 0 } : { at: "committed", version: this.held.version(logged.version) };
    }
    const { outcome } = commit;
    if (outcome === "failed" || outcome?.status === "refused") return { at: "failed", version: 0 };
    if (outcome !== undefined) return { at: "committed", version: this.held.version(outcome.version) };
    const committing = this.observed.committing.find((c) => c.id === commit.id);
    if (committing === undefined) throw new HarnessError(`the engine has forgotten the commit of ${t}`);
    return { at: labels[committing.at] ?? committing.at, version: this.held.version(committing.version) };
  }
}
