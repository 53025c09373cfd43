/**
 * `expiry.ts` on the engine: one digest, persisted by the author's messages, and certified times that consensus reports.
 *
 * The store collects at its next collection a row that became durable after its entry was collected; the spec leaves such a
 * row to the next start. The driver takes it off the store's list. A call whose row is deleted while it waits for it is
 * refused by the engine and waits on in the spec; the driver lets a call into its wait only when that ends at once.
 */
import { names, setOf } from "../../specs/language/index.ts";
import { panic } from "../defects/batch-store/collecting.ts";
import type { Arguments, Driver, Observation, Setup, StepResult } from "../../conformance/driver.ts";
import { HarnessError } from "../../conformance/driver.ts";
import { author, batchNamed, digestNamed, Replica } from "./replica.ts";
import { ok, refused } from "./store-process.ts";
import type { Patch } from "./store-process.ts";
import { numberIn, textOf } from "./words.ts";

const places: Readonly<Record<string, string>> = {
  Lock: "insert",
  SetTimer: "timer",
  Put: "put",
  WaitForRow: "wait",
  Send: "send",
};
const held = [...Object.keys(places), "ExpireCache", "DeleteRow"];
const digest = digestNamed("d1");
const stepsOfCalls: Readonly<Record<string, string>> = { Insert: "Lock", SetTimer: "SetTimer", Put: "Put", Send: "Send" };

export class ExpiryDriver implements Driver {
  private replica = new Replica({ patch: {}, held, seed: 0 });
  private calls: readonly string[] = [];
  private crashesLeft = 0;
  private readonly delivered = new Map<string, { readonly expiry: number; readonly to: Replica["process"] }>();

  constructor(
    readonly name: string,
    private readonly patch: Patch,
  ) {}

  async init({ constants, seed }: Setup): Promise<void> {
    this.calls = names("c", numberIn(constants, "calls"));
    this.crashesLeft = numberIn(constants, "crashes");
    this.delivered.clear();
    const config = numberIn(constants, "inMemory") === 1 ? {} : { quota: { memoryBytes: 0 } };
    this.replica = new Replica({ patch: this.patch, held, seed, config, forgetsLateRows: true });
    await this.replica.start();
  }

  step(action: string, args: Arguments): StepResult | Promise<StepResult> {
    if (action === "Restart") return this.restart();
    if (!this.replica.isUp) return refused("the process is down");
    const { running } = this.replica;
    switch (action) {
      case "CheckExpiry":
        return this.checkExpiry(textOf(args, "c"), numberIn(args, "e"));
      case "WaitForRow":
        return running.passWait(textOf(args, "c"));
      case "AdvanceTime":
        return this.advanceTime(numberIn(args, "to"));
      case "ExpireCache":
      case "DeleteRow":
        return running.pass(action);
      case "Crash":
        return this.crash();
    }
    const step = stepsOfCalls[action];
    if (step === undefined) throw new HarnessError(`the driver of expiry knows no action ${action}`);
    return running.pass(step, { call: textOf(args, "c") });
  }

  private async checkExpiry(c: string, expiry: number): Promise<StepResult> {
    if (this.delivered.has(c)) return refused(`the author has sent ${c} already`);
    const { running, sent } = this.replica;
    const before = sent.length;
    running.receive(c, author, { type: "BatchMsg", epoch: 1, batches: [{ batch: batchNamed("d1"), expiry }] });
    await running.settle();
    const refusal = sent.slice(before).find((message) => message.type === "BatchRefused");
    if (refusal === undefined) this.delivered.set(c, { expiry, to: running });
    else running.finished.delete(c);
    return refusal === undefined ? ok : refused(`the store refuses the batch: ${refusal.reason}`);
  }

  /** Consensus reports no earlier time than before. Collections follow each other. */
  private async advanceTime(to: number): Promise<StepResult> {
    const { running } = this.replica;
    const { collector, certifiedTime } = running.open.observe();
    if (to < certifiedTime) return refused(`consensus has certified ${certifiedTime}`);
    if (collector !== "idle") return refused("a collection is under way");
    running.open.advanceCertifiedTime(to).catch(() => undefined);
    await running.settle();
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
    return ok;
  }

  private placeOf(c: string): string {
    const call = this.delivered.get(c);
    if (call === undefined) return "idle";
    const { process } = this.replica;
    if (process === undefined || call.to !== process || process.finished.has(c)) return "done";
    const step = process.stepOf(c, held);
    return places[step ?? ""] ?? `lost at ${step ?? "no step"}`;
  }

  observe(): Observation {
    const { replica, calls, delivered } = this;
    const store = replica.process?.open.observe();
    return {
      state: {
        time: store?.certifiedTime ?? replica.persisted.certifiedTime,
        cache: store?.cache[digest]?.expiry ?? null,
        row: replica.row(digest)?.expiry ?? null,
        timers: setOf(...(store?.timers ?? [])),
        pc: Object.fromEntries(calls.map((c) => [c, this.placeOf(c)])),
        expiry: Object.fromEntries(calls.map((c) => [c, delivered.get(c)?.expiry ?? 0])),
        collector: store?.collector ?? "idle",
        signedUntil: Math.max(0, ...replica.signed.map(({ expiry }) => expiry)),
        panicked: replica.logged.includes(panic),
        isUp: replica.isUp,
        crashesLeft: this.crashesLeft,
      },
      unobserved: [],
    };
  }

  close(): void {
    this.replica.crash("P");
  }
}
