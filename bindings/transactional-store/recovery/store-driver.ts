/**
 * What the drivers of the log and of recovery share: a disk, at most one process on it, and crashes. An action of a spec
 * is a step that the engine waits before, or a call of the disk that is held; when nothing of the kind waits, the engine
 * cannot do the action, and that is its refusal. Where the engine would wait for another (for a lock, or for commits to
 * leave a gate), it is asked who is in the way, and not let go on. Crashes, failures, and the client's requests come from
 * the world: the driver keeps their budgets, as the bounds of the model have them, and what the client was told.
 */
import type { DiskImage } from "../../../engine/wiring/controlled/crash-images.ts";
import { ControlledDisk } from "../../../engine/wiring/controlled/disk.ts";
import type { DiskCall } from "../../../engine/wiring/controlled/disk.ts";
import type { Held } from "../../../engine/wiring/controlled/calls.ts";
import type { WaitingStep } from "../../../engine/wiring/controlled/steps.ts";
import type { StoreOptions } from "../../../engine/transactional-store/transactional-store.ts";
import { HarnessError } from "../../../conformance/driver.ts";
import type { Arguments, Driver, Observation, Setup, StepResult } from "../../../conformance/driver.ts";
import { StoreProcess, production } from "./store-process.ts";
import type { EngineClasses, IsStepHeld } from "./store-process.ts";

export const ok: StepResult = { kind: "ok" };
export const refused = (guard: string): StepResult => ({ kind: "refused", guard });
export type Actions = Readonly<Record<string, (args: Arguments) => StepResult | Promise<StepResult>>>;

export abstract class StoreDriver implements Driver {
  readonly name: string;
  protected disk = new ControlledDisk();
  protected process: StoreProcess | undefined;
  protected setup: Setup | undefined;
  protected abstract readonly actions: Actions;
  /** The steps that the engine waits before; it passes the others at once. */
  protected abstract readonly held: readonly string[];

  constructor(protected readonly classes: EngineClasses = production) {
    this.name = classes.name;
  }

  async init(setup: Setup): Promise<void> {
    this.close();
    this.setup = setup;
    this.disk = this.classes.disk();
    await this.start(() => false);
    if (this.process?.store === undefined) throw new HarnessError(`the store does not open: ${this.process?.failure ?? ""}`);
    this.disk.hold(() => false);
    await this.begun(setup);
    this.process.steps.hold((step, args) => this.isStepHeld(step, args));
    this.whenOpen();
  }
  /** Branches and the like; the world begins afresh. */
  protected abstract begun(setup: Setup): void | Promise<void>;
  protected abstract options(setup: Setup): StoreOptions;
  /** The calls of an open store that wait to be carried out. */
  protected abstract isHeld(call: DiskCall): boolean;

  step(action: string, args: Arguments): StepResult | Promise<StepResult> {
    const act = Object.hasOwn(this.actions, action) ? this.actions[action] : undefined;
    if (act === undefined) throw new HarnessError(`the driver has no action ${action}`);
    return act(args);
  }
  abstract observe(): Observation | Promise<Observation>;

  close(): void {
    this.process?.die();
    this.process = undefined;
  }

  protected get constants(): Setup["constants"] {
    return this.setup?.constants ?? {};
  }
  protected bound(name: string): number {
    const value = this.constants[name];
    if (typeof value !== "number") throw new HarnessError(`the model has no constant ${name}`);
    return value;
  }

  /** A process begins on the disk as it is. */
  protected async start(isStepHeld: IsStepHeld = (step, args) => this.isStepHeld(step, args)): Promise<void> {
    if (this.setup === undefined) throw new HarnessError("a step before init");
    this.process = new StoreProcess(this.disk);
    await this.process.start(this.classes, this.options(this.setup), isStepHeld);
    this.whenOpen();
  }
  /** Recovery runs without halts at the disk; what an open store does there waits. */
  protected whenOpen(): void {
    if (this.process?.store !== undefined) this.disk.hold((call) => this.isHeld(call));
  }
  protected isStepHeld(step: string, _args: Arguments): boolean {
    return this.held.includes(step);
  }
  /** A process that could not be opened is gone: the refusal is its last words. */
  protected refusalOfStart(): StepResult | undefined {
    const failure = this.process?.failure;
    if (failure === undefined) return undefined;
    this.close();
    return refused(failure);
  }

  protected get isOpen(): boolean {
    return this.process?.store !== undefined;
  }
  protected async settled(): Promise<void> {
    await this.process?.settled();
    this.whenOpen();
  }
  protected waiting(...steps: readonly string[]): WaitingStep | undefined {
    return this.process?.steps.waiting().find((w) => steps.includes(w.step));
  }
  protected pending(...kinds: readonly DiskCall["kind"][]): Held<DiskCall> | undefined {
    return this.disk.pending().find((c) => kinds.includes(c.kind));
  }
  private whatWaits(): string {
    if (this.process === undefined) return "no process runs";
    if (this.process.failure !== undefined) return this.process.failure;
    const waits = [...this.process.steps.waiting().map((w) => w.step), ...this.disk.pending().map((c) => c.kind)];
    return waits.length === 0 ? "the engine waits for nothing" : `the engine is before ${waits.join(", ")}`;
  }

  protected refusal(what: string): StepResult {
    return refused(`${what}: ${this.whatWaits()}`);
  }
  /** Lets the engine go on that waits before this step. */
  protected async pass(step: WaitingStep | undefined, what: string): Promise<StepResult> {
    if (step === undefined) return this.refusal(what);
    this.process?.steps.release(step.id);
    await this.settled();
    return ok;
  }
  protected async complete(call: Held<DiskCall> | undefined, what: string): Promise<StepResult> {
    if (call === undefined) return this.refusal(what);
    this.disk.complete(call.id);
    await this.settled();
    return ok;
  }
  protected async fail(call: Held<DiskCall> | undefined, what: string, code: string, writtenBytes = 0): Promise<StepResult> {
    if (call === undefined) return this.refusal(what);
    this.disk.fail(call.id, code, { writtenBytes });
    await this.settled();
    return ok;
  }

  /** What the client hears at once, and does not wait for. */
  protected reasonOf(error: unknown): StepResult {
    return refused(error instanceof Error ? error.message : "refused without a reason");
  }

  /** The machine crashes: the next process finds the image. */
  protected crashTo(image: DiskImage): void {
    this.close();
    this.disk.halt();
    this.disk = this.classes.disk(image);
  }
}
