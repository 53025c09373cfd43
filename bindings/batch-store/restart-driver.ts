/**
 * `restart.ts` on the engine: a persist and a commit are each one step here, so that the store waits only where a background
 * deletion begins and where it deletes. The epoch of the spec's commits is the world's: the store does not know whether the
 * latest commit ended an epoch, and treats every start alike.
 *
 * A start has its list of garbage at once; where the spec's has, too (there is a commit in this epoch), the driver passes
 * the step at which the engine would list it. The engine's list also holds rows of earlier epochs, which the spec leaves
 * when there is a commit: starts are conformed to within one epoch. Deletions of the engine follow each other, where the
 * spec forgets the former: ends of epochs are conformed to up to the second epoch.
 */
import type { Arguments, Driver, Observation, Setup, StepResult } from "../../conformance/driver.ts";
import { HarnessError } from "../../conformance/driver.ts";
import { author, batchNamed, digestNamed, Replica } from "./replica.ts";
import { ok, refused } from "./store-process.ts";
import type { Patch } from "./store-process.ts";
import { numberIn } from "./words.ts";

const held = ["ListOldRows", "DeleteListed", "WaitForRow"];
const digest = digestNamed("d1");

export class RestartDriver implements Driver {
  private replica = new Replica({ patch: {}, held, seed: 0 });
  private epochs = 1;
  private crashesLeft = 0;
  private hasCommit = false;
  private persists = 0;
  private signed: { readonly epoch: number; readonly expiry: number } | null = null;

  constructor(
    readonly name: string,
    private readonly patch: Patch,
  ) {}

  async init({ constants, seed }: Setup): Promise<void> {
    this.epochs = numberIn(constants, "epochs");
    this.crashesLeft = numberIn(constants, "crashes");
    this.hasCommit = false;
    this.persists = 0;
    this.signed = null;
    this.replica = new Replica({ patch: this.patch, held, seed, config: { graceTime: numberIn(constants, "buffer") } });
    await this.replica.start();
    // The first start of all has nothing to delete, and the spec begins after it.
    await this.replica.running.pass("ListOldRows");
  }

  step(action: string, args: Arguments): StepResult | Promise<StepResult> {
    if (action === "Restart") return this.restart();
    if (!this.replica.isUp) return refused("the process is down");
    switch (action) {
      case "Persist":
        return this.persist(numberIn(args, "e"));
      case "Commit":
        return this.commit(numberIn(args, "to"));
      case "EndEpoch":
        return this.endEpoch();
      case "ListOldRows":
      case "DeleteListed":
        return this.replica.running.pass(action);
      case "Crash":
        return this.crash();
      default:
        throw new HarnessError(`the driver of restart knows no action ${action}`);
    }
  }

  /** The author asks for a signature of a new batch, or until later. What is a duplicate ends without a step. */
  private async persist(expiry: number): Promise<StepResult> {
    const { running, sent } = this.replica;
    const { epoch } = running.open.observe();
    this.persists += 1;
    const [call, before] = [`persist ${String(this.persists)}`, sent.length];
    running.receive(call, author, { type: "BatchMsg", epoch, batches: [{ batch: batchNamed("d1"), expiry }] });
    await running.settle();
    if (running.at("WaitForRow", { call }) !== undefined) {
      await running.pass("WaitForRow", { call });
      return refused("the store has the batch until then, and puts no row");
    }
    const answer = sent[before];
    if (answer?.type === "BatchRefused") return refused(`the store refuses the batch: ${answer.reason}`);
    if (answer?.type !== "BatchSigned") throw new HarnessError("the store has not answered the author");
    this.signed = { epoch: answer.epoch, expiry };
    return ok;
  }

  /** Consensus reports no earlier time than before. */
  private async commit(to: number): Promise<StepResult> {
    const { running } = this.replica;
    const { certifiedTime } = running.open.observe();
    if (to < certifiedTime) return refused(`consensus has certified ${String(certifiedTime)}`);
    running.open.advanceCertifiedTime(to).catch(() => undefined);
    await running.settle();
    this.hasCommit = true;
    return ok;
  }

  private async endEpoch(): Promise<StepResult> {
    const { running } = this.replica;
    const { epoch } = running.open.observe();
    if (!this.hasCommit) return refused("a commit ends an epoch, and there was none");
    if (epoch === this.epochs) return refused("no epoch is left");
    running.open.endEpoch(epoch + 1).catch(() => undefined);
    await running.settle();
    this.hasCommit = false;
    return ok;
  }

  private crash(): StepResult {
    if (this.crashesLeft === 0) return refused("no crash is left");
    this.crashesLeft -= 1;
    this.replica.crash("P");
    return ok;
  }

  private async restart(): Promise<StepResult> {
    if (this.replica.isUp) return refused("the process is up");
    await this.replica.start();
    if (this.hasCommit) await this.replica.running.pass("ListOldRows");
    return ok;
  }

  private get deletion(): string {
    const { process } = this.replica;
    if (process?.at("DeleteListed") !== undefined) return "listed";
    return process?.at("ListOldRows") === undefined ? "none" : "to read";
  }

  observe(): Observation {
    const { replica } = this;
    const store = replica.process?.open.observe();
    const { epoch, certifiedTime } = store ?? replica.persisted;
    const entry = store?.cache[digest];
    const row = replica.row(digest);
    return {
      state: {
        isUp: replica.isUp,
        epoch,
        hasCommit: this.hasCommit,
        time: certifiedTime,
        cache: entry === undefined ? null : { epoch: entry.epoch, expiry: entry.expiry },
        row: row === undefined ? null : { epoch: row.epoch, expiry: row.expiry },
        deletion: this.deletion,
        signed: this.signed,
        crashesLeft: this.crashesLeft,
      },
      unobserved: [],
    };
  }

  close(): void {
    this.replica.crash("P");
  }
}
