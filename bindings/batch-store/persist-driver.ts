/**
 * `persist.ts` on the engine: calls are messages of the author, each delivered once; readers subscribe at the store.
 *
 * Put is the write into the page cache. The engine learns only from its own sync that a row is durable, so that WriteBack
 * is that sync done, while the call that asked for it has not yet gone on; Fsync lets the call go on. Where no sync is under
 * way WriteBack is the operating system's. The first sync of a start makes durable what the page cache holds, so that
 * Restart does what WriteBack and Restart do in the spec: process crashes are conformed to where no row is in the page cache.
 * NotifyOfDurable of a reader that has come after the row is the reader's own look, which gives durable rows only.
 * Writes of one store follow each other, each with its sync: with two digests the spec allows more than the engine does.
 */
import { names, setOf } from "../../specs/language/index.ts";
import type { Arguments, Driver, Observation, Setup, StepResult } from "../../conformance/driver.ts";
import { HarnessError } from "../../conformance/driver.ts";
import { author, batchNamed, digestNamed, Replica, rowKeyOf } from "./replica.ts";
import { ok, refused } from "./store-process.ts";
import type { Patch } from "./store-process.ts";
import { numberIn, textOf } from "./words.ts";

const held = ["Put", "PutReturned", "WaitForRow", "Notify", "Send", "Recheck", "NotifyOfDurable"];
const places: Readonly<Record<string, string>> = { Put: "put", PutReturned: "fsync", WaitForRow: "wait", Notify: "notify", Send: "send" };
const expiry = 1;

export class PersistDriver implements Driver {
  private replica = new Replica({ patch: {}, held, seed: 0 });
  private calls: readonly string[] = [];
  private digests: readonly string[] = [];
  private hasReaders = false;
  private processCrashesLeft = 0;
  private machineCrashesLeft = 0;
  /** What the author has sent in each call, and the incarnation that has it. */
  private readonly delivered = new Map<string, { readonly d: string; readonly to: Replica["process"] }>();
  /** What readers have got. */
  private readonly answered = new Set<string>();

  constructor(
    readonly name: string,
    private readonly patch: Patch,
  ) {}

  async init({ constants, seed }: Setup): Promise<void> {
    this.calls = names("c", numberIn(constants, "calls"));
    this.digests = names("d", numberIn(constants, "digests"));
    this.hasReaders = numberIn(constants, "subscribers") > 0;
    this.processCrashesLeft = numberIn(constants, "processCrashes");
    this.machineCrashesLeft = numberIn(constants, "machineCrashes");
    this.delivered.clear();
    this.answered.clear();
    const holdsSync = (keys: readonly string[]): boolean => keys.some((key) => key.startsWith("batch/") || key === "flush");
    this.replica = new Replica({ patch: this.patch, held, seed, holdsSync });
    await this.replica.start();
  }

  step(action: string, args: Arguments): StepResult | Promise<StepResult> {
    switch (action) {
      case "ProcessCrash":
        return this.crash("P");
      case "MachineCrash":
        return this.crash("M");
      case "WriteBack":
        return this.writeBack(rowKeyOf(digestNamed(textOf(args, "d"))));
      case "Restart":
        return this.restart();
    }
    if (!this.replica.isUp) return refused("the process is down");
    switch (action) {
      case "Subscribe":
        return this.subscribe(textOf(args, "d"));
      case "Recheck":
        return this.recheck(textOf(args, "d"));
      case "NotifyOfDurable":
        return this.notifyOfDurable(textOf(args, "d"));
      default:
        return this.stepOfCall(action, textOf(args, "c"), args);
    }
  }

  private async stepOfCall(action: string, c: string, args: Arguments): Promise<StepResult> {
    if (action === "Insert") return this.insert(c, textOf(args, "d"));
    const { running } = this.replica;
    if (this.delivered.get(c)?.to !== running) return refused(`no call ${c} is under way`);
    switch (action) {
      case "Put":
        return this.passCall("Put", c);
      case "Notify":
        return this.passCall("Notify", c);
      case "Fsync":
        return this.fsync(c);
      case "WaitForRow":
        return running.passWait(c);
      case "Send":
        return running.pass("Send", { call: c });
      default:
        throw new HarnessError(`the driver of persist knows no action ${action}`);
    }
  }

  private async insert(c: string, d: string): Promise<StepResult> {
    if (this.delivered.has(c)) return refused(`the author has sent ${c} already`);
    const { running } = this.replica;
    this.delivered.set(c, { d, to: running });
    running.receive(c, author, { type: "BatchMsg", epoch: 1, batches: [{ batch: batchNamed(d), expiry }] });
    await running.settle();
    return ok;
  }

  /** A put that has nothing to wait for returns within the step, and so does a notification that a call makes itself. */
  private async passCall(step: string, c: string): Promise<StepResult> {
    const { running } = this.replica;
    const result = await running.pass(step, { call: c });
    if (result.kind !== "ok") return result;
    if (step === "Notify" && running.at("NotifyOfDurable", { call: c }) !== undefined) await running.pass("NotifyOfDurable", { call: c });
    if (running.at("PutReturned", { call: c }) !== undefined) await running.pass("PutReturned", { call: c });
    return result;
  }

  private async fsync(c: string): Promise<StepResult> {
    const { running, table } = this.replica;
    if (this.placeOf(c) !== "fsync") return refused(`${c} waits for no sync`);
    if (table.hasHeldSync) table.completeSync();
    await running.settle();
    if (running.at("PutReturned", { call: c }) !== undefined) await running.pass("PutReturned", { call: c });
    return ok;
  }

  private async writeBack(key: string): Promise<StepResult> {
    const { table, process } = this.replica;
    if (table.place(key) !== "page cache") return refused("the page cache has nothing to write back");
    if (!table.hasHeldSync) table.writeBack(key);
    else {
      table.completeSync();
      await process?.settle();
    }
    return ok;
  }

  private readerOf(d: string): string | undefined {
    const digest = digestNamed(d);
    return this.replica.process?.open.observe().subscriptions.find((s) => s.digest === digest)?.phases[0];
  }

  private async subscribe(d: string): Promise<StepResult> {
    if (!this.hasReaders) return refused("there are no readers");
    if (this.answered.has(d) || this.readerOf(d) !== undefined) return refused(`the reader of ${d} has subscribed already`);
    const { running } = this.replica;
    running.open.subscribe(digestNamed(d)).then(
      () => this.answered.add(d),
      () => undefined,
    );
    await running.settle();
    return ok;
  }

  private async recheck(d: string): Promise<StepResult> {
    if (this.readerOf(d) !== "registered") return refused(`no reader of ${d} is about to look`);
    return this.replica.running.pass("Recheck", { digest: digestNamed(d) });
  }

  private async notifyOfDurable(d: string): Promise<StepResult> {
    const { running } = this.replica;
    const reader = this.readerOf(d);
    if (reader === undefined) return refused(`nobody waits for ${d}`);
    const digest = digestNamed(d);
    if (running.at("NotifyOfDurable", { digest }) !== undefined) return running.pass("NotifyOfDurable", { digest });
    const isDurable = Object.hasOwn(running.open.observe().durableRows, digest);
    if (reader === "registered" && isDurable) return running.pass("Recheck", { digest });
    return refused(`nothing has become durable for the reader of ${d}`);
  }

  private crash(kind: "P" | "M"): StepResult {
    if (kind === "P" && !this.replica.isUp) return refused("the process is down");
    if ((kind === "P" ? this.processCrashesLeft : this.machineCrashesLeft) === 0) return refused("no crash is left");
    if (kind === "P") this.processCrashesLeft -= 1;
    else this.machineCrashesLeft -= 1;
    this.replica.crash(kind);
    return ok;
  }

  private async restart(): Promise<StepResult> {
    if (this.replica.isUp) return refused("the process is up");
    await this.replica.start();
    return ok;
  }

  private placeOf(c: string): string {
    const call = this.delivered.get(c);
    if (call === undefined) return "idle";
    const { process } = this.replica;
    if (process === undefined || call.to !== process) return "done";
    const step = process.stepOf(c, Object.keys(places));
    if (step !== undefined) return places[step] ?? step;
    return process.finished.has(c) ? "done" : "fsync";
  }

  observe(): Observation {
    const { replica, calls, digests, delivered } = this;
    const cache = replica.process?.open.observe().cache ?? {};
    const named = (isThere: (d: string) => boolean) => setOf(...digests.filter(isThere));
    const each = <T>(keys: readonly string[], value: (key: string) => T) => Object.fromEntries(keys.map((key) => [key, value(key)]));
    return {
      state: {
        pc: each(calls, (c) => this.placeOf(c)),
        digest: each(calls, (c) => delivered.get(c)?.d ?? null),
        cache: named((d) => Object.hasOwn(cache, digestNamed(d))),
        row: each(digests, (d) => replica.table.place(rowKeyOf(digestNamed(d)))),
        subscription: each(digests, (d) => (this.answered.has(d) ? "answered" : (this.readerOf(d) ?? "none"))),
        sent: named((d) => replica.signed.some(({ digest }) => digest === digestNamed(d))),
        isUp: replica.isUp,
        processCrashesLeft: this.processCrashesLeft,
        machineCrashesLeft: this.machineCrashesLeft,
      },
      unobserved: [],
    };
  }

  close(): void {
    this.replica.crash("P");
  }
}
