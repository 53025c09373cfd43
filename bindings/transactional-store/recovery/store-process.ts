/** One process of the store, from its start to its death, on a disk that outlives it: its own steps, clock, and calls. */
import { Checkpointer } from "../../../engine/transactional-store/checkpointer.ts";
import { CommitProtocol } from "../../../engine/transactional-store/commit-protocol.ts";
import type { Core } from "../../../engine/transactional-store/commit-protocol.ts";
import { messageOf } from "../../../engine/transactional-store/errors.ts";
import type { Outcome } from "../../../engine/transactional-store/record.ts";
import { TransactionalStore, storeParts } from "../../../engine/transactional-store/transactional-store.ts";
import type { StoreOptions, StoreParts } from "../../../engine/transactional-store/transactional-store.ts";
import { WriteAheadLog } from "../../../engine/transactional-store/write-ahead-log.ts";
import { ControlledClock } from "../../../engine/wiring/controlled/clock.ts";
import type { DiskImage } from "../../../engine/wiring/controlled/crash-images.ts";
import { ControlledDisk } from "../../../engine/wiring/controlled/disk.ts";
import { settle } from "../../../engine/wiring/controlled/settle.ts";
import { ControlledSteps } from "../../../engine/wiring/controlled/steps.ts";
import { ObservedRecovery } from "./observed-recovery.ts";
import { ProcessDisk } from "./process-disk.ts";

/** What the engine is made of: the production classes, or one of them replaced by a defective one. */
export interface EngineClasses {
  readonly name: string;
  readonly recovery: typeof ObservedRecovery;
  readonly wal: typeof WriteAheadLog;
  readonly protocol: typeof CommitProtocol;
  readonly checkpointer: typeof Checkpointer;
  readonly disk: (image?: DiskImage) => ControlledDisk;
}

export const production: EngineClasses = {
  name: "production",
  recovery: ObservedRecovery,
  wal: WriteAheadLog,
  protocol: CommitProtocol,
  checkpointer: Checkpointer,
  disk: (image) => new ControlledDisk(image),
};

/** What a call of a client has come to. */
export interface Answer {
  outcome: Outcome | undefined;
  error: unknown;
}

/** Nothing happens on its own. */
const byHand: StoreOptions = { checkpointSegments: 0, collectCommits: 0, maxTransactionAgeMs: 0, storeId: "store" };

export type IsStepHeld = (step: string, args: Readonly<Record<string, unknown>>) => boolean;

export class StoreProcess {
  readonly steps = new ControlledSteps();
  readonly clock = new ControlledClock();
  readonly log: { readonly event: string; readonly fields: Readonly<Record<string, unknown>> }[] = [];
  store: TransactionalStore | undefined;
  recovery: ObservedRecovery | undefined;
  core: Core | undefined;
  /** Why it could not be opened. */
  failure: string | undefined;
  readonly #port: ProcessDisk;

  constructor(readonly disk: ControlledDisk) {
    this.#port = new ProcessDisk(disk);
  }

  /** Begins to recover; how far it gets depends on the steps that are held. */
  async start(classes: EngineClasses, options: StoreOptions, isHeld: IsStepHeld): Promise<void> {
    const { recovery, wal, protocol, checkpointer } = classes;
    const parts: StoreParts = {
      ...storeParts,
      recovery: (...of) => (this.recovery = new recovery(...of)),
      wal: (...of) => new wal(...of),
      protocol: (core) => new protocol((this.core = core)),
      checkpointer: (...of) => new checkpointer(...of),
    };
    const logger = {
      log: (_: unknown, event: string, fields: Readonly<Record<string, unknown>> = {}) => void this.log.push({ event, fields }),
    };
    this.steps.hold(isHeld);
    const ports = { disk: this.#port, clock: this.clock, steps: this.steps, logger };
    TransactionalStore.open(ports, { ...byHand, ...options }, parts).then(
      (store) => (this.store = store),
      (error: unknown) => (this.failure = messageOf(error)),
    );
    await this.settled();
  }

  settled(): Promise<void> {
    return settle(this.disk, this.steps, this.clock);
  }

  /** A client's call, whose answer is seen when it comes. */
  ask(call: (store: TransactionalStore) => Promise<Outcome>): Answer {
    const answer: Answer = { outcome: undefined, error: undefined };
    if (this.store === undefined) return answer;
    call(this.store).then(
      (outcome) => (answer.outcome = outcome),
      (error: unknown) => (answer.error = error ?? new Error("no reason given")),
    );
    return answer;
  }

  /** The next change of a key in memory fails. */
  failNextApply(error: Error): void {
    const state = this.core?.state;
    if (state === undefined) return;
    const apply = state.apply.bind(state);
    state.apply = () => {
      state.apply = apply;
      throw error;
    };
  }

  /** None of its calls is answered any more. Of an append under way, so many bytes may have got to the page cache. */
  die(tornBytes: (bytes: Uint8Array) => number = () => 0): void {
    this.#port.die();
    for (const call of this.disk.pending())
      this.disk.fail(call.id, "EIO", call.kind === "append" ? { writtenBytes: tornBytes(call.bytes) } : {});
    this.disk.hold(() => false);
  }
}
