/**
 * One process of a batch store under a driver's control: the production classes, or those of a defect, on a table, steps and
 * a clock that the driver holds. A step that waits is known by the call that waits there: whatever the store does for a call
 * runs in that call's asynchronous context.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { BatchStore } from "../../engine/batch-store/batch-store.ts";
import type { Parts } from "../../engine/batch-store/batch-store.ts";
import type { BatchStoreOptions } from "../../engine/batch-store/config.ts";
import type { BatchMessage } from "../../engine/batch-store/messages.ts";
import type { Call } from "../../engine/batch-store/persist.ts";
import { Persist } from "../../engine/batch-store/persist.ts";
import type { StoreState } from "../../engine/batch-store/state.ts";
import type { Random, Table } from "../../engine/ports.ts";
import { ControlledClock } from "../../engine/wiring/controlled/clock.ts";
import { settle } from "../../engine/wiring/controlled/settle.ts";
import { ControlledSteps } from "../../engine/wiring/controlled/steps.ts";
import type { WaitingStep } from "../../engine/wiring/controlled/steps.ts";
import { HarnessError } from "../../conformance/driver.ts";
import type { StepResult } from "../../conformance/driver.ts";
import type { PageCacheTable } from "./page-cache-table.ts";

/** How an engine differs from production: classes in the place of its own, or another table port. */
export interface Patch {
  readonly parts?: Partial<Parts>;
  readonly onTable?: (table: Table) => Table;
}

export interface ProcessOptions {
  readonly config: BatchStoreOptions;
  readonly table: PageCacheTable;
  readonly patch: Patch;
  /** The steps at which the store waits for the driver. */
  readonly held: readonly string[];
  readonly random: Random;
  readonly onSend: (to: number, message: BatchMessage) => void;
  readonly onLog?: (event: string) => void;
  /** Rows that became durable after their entry had been collected are not put on the list of the next collection. */
  readonly forgetsLateRows?: boolean;
}

/** Of a step that waits. */
export interface Of {
  readonly call?: string;
  readonly digest?: string;
}

export const ok: StepResult = { kind: "ok" };
export const refused = (guard: string): StepResult => ({ kind: "refused", guard });

/** The call for which the store is at work. */
const workingFor = new AsyncLocalStorage<string>();
const trial = "trial";

export class StoreProcess {
  readonly steps = new ControlledSteps();
  readonly clock = new ControlledClock();
  /** Calls of which nothing is left to do. */
  readonly finished = new Set<string>();
  store: BatchStore | undefined;
  private failure: unknown;
  /** What each call that waits for a row would wait for. */
  private readonly waits = new Map<string, () => Promise<void>>();

  constructor(private readonly options: ProcessOptions) {
    const { config, table, patch, held, random, onSend, onLog } = options;
    const port = table.open();
    this.steps.hold((step, args) => args["call"] !== trial && held.includes(step));
    const ports = {
      table: patch.onTable?.(port) ?? port,
      clock: this.clock,
      random,
      steps: {
        reached: (step: string, args: Readonly<Record<string, unknown>> = {}) =>
          this.steps.reached(step, { ...args, call: workingFor.getStore() }),
      },
      logger: { log: (_: unknown, event: string) => onLog?.(event) },
      send: onSend,
    };
    BatchStore.open(config, ports, { ...patch.parts, Persist: this.held(patch.parts?.Persist ?? Persist) }).then(
      (store) => (this.store = store),
      (error: unknown) => (this.failure = error),
    );
  }

  /** Throws while the store is not open. */
  get open(): BatchStore {
    if (this.store === undefined) throw new HarnessError("the store is not open", [], { cause: this.failure });
    return this.store;
  }

  /** A message arrives; all that follows from it is done for `call`. */
  receive(call: string, from: number, message: BatchMessage): void {
    workingFor.run(call, () => this.open.receive(from, message));
  }

  settle(): Promise<void> {
    return settle(this.steps, this.options.table, this.clock);
  }

  /**
   * At which of these steps a call waits; undefined when at none. Others may wait in its context, such as those whom its
   * write has told something.
   */
  stepOf(call: string, among: readonly string[]): string | undefined {
    return this.steps.waiting().find(({ step, args }) => args["call"] === call && among.includes(step))?.step;
  }

  /** What waits at a step: of one call or digest, or of any. */
  at(step: string, of: Of = {}): WaitingStep | undefined {
    const isMeant = (args: WaitingStep["args"]): boolean => Object.entries(of).every(([name, value]) => args[name] === value);
    return this.steps.waiting().find((w) => w.step === step && isMeant(w.args));
  }

  /** The store goes on from a step, as far as it can. Refused when nothing waits there. */
  async pass(step: string, of: Of = {}): Promise<StepResult> {
    const waiting = this.at(step, of);
    if (waiting === undefined) return refused(`${of.call ?? "the store"} is not at ${step}`);
    this.steps.release(waiting.id);
    await this.settle();
    return ok;
  }

  /**
   * A call that waits for a row goes on if its wait would end now. A second wait asks that, so that a call that has to
   * go on waiting is left where it is.
   */
  async passWait(call: string): Promise<StepResult> {
    const wait = this.waits.get(call);
    if (wait === undefined || this.at("WaitForRow", { call }) === undefined) return refused(`${call} does not wait for a row`);
    const asked = { isOver: false };
    workingFor.run(trial, wait).then(
      () => (asked.isOver = true),
      () => undefined,
    );
    await this.settle();
    return asked.isOver ? this.pass("WaitForRow", { call }) : refused(`the row that ${call} waits for is not there`);
  }

  /** Persist with three more places to wait: before the lock of the digest, when a put returns, and when a call ends. */
  private held(Base: typeof Persist): typeof Persist {
    const { waits, finished } = this;
    const { forgetsLateRows = false } = this.options;
    return class extends Base {
      constructor(state: StoreState) {
        super(state);
        const { locks } = state;
        const whileLocked = locks.whileLocked.bind(locks);
        locks.whileLocked = async <T>(digest: string, work: () => Promise<T>): Promise<T> => {
          const pause = workingFor.getStore() === undefined ? undefined : state.reached("Lock", { digest });
          if (pause) await pause;
          return whileLocked(digest, work);
        };
      }
      override async persistAndSend(...args: Parameters<Persist["persistAndSend"]>): Promise<void> {
        await super.persistAndSend(...args);
        finished.add(workingFor.getStore() ?? "");
      }
      protected override async put(call: Call): Promise<void> {
        await super.put(call);
        if (forgetsLateRows) this.state.lateRows.delete(call.digest);
        const pause = this.state.reached("PutReturned", { digest: call.digest });
        if (pause) await pause;
      }
      protected override waitForRow(call: Call): Promise<void> {
        waits.set(workingFor.getStore() ?? "", () => super.waitForRow(call));
        return super.waitForRow(call);
      }
    };
  }
}
