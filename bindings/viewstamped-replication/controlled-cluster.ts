/**
 * The production replicas on the controlled wiring. Messages lie in a bag, timers stand still, internal actions wait at
 * their step, and writes are carried out at once: the spec has no disk, and what a replica sends leaves after the write.
 */
import type { Step } from "../../engine/replication/actions.ts";
import { ReplicaCore } from "../../engine/replication/core.ts";
import type { Remembered } from "../../engine/replication/core.ts";
import type { Application } from "../../engine/replication/executor.ts";
import type { ReplicaOptions, ReplicaPorts } from "../../engine/replication/replica-options.ts";
import { Replica } from "../../engine/replication/replica.ts";
import type { Network } from "../../engine/ports.ts";
import { ControlledClock } from "../../engine/wiring/controlled/clock.ts";
import { ControlledJournal, ControlledLogger } from "../../engine/wiring/controlled/journal.ts";
import { ControlledNetwork } from "../../engine/wiring/controlled/network.ts";
import { ControlledRandom } from "../../engine/wiring/controlled/random.ts";
import { ControlledSteps } from "../../engine/wiring/controlled/steps.ts";
import { ControlledTable } from "../../engine/wiring/controlled/table.ts";
import { settle } from "../../engine/wiring/controlled/settle.ts";
import { valueIn } from "./spec-values.ts";

/** Makes the core of a replica: the production one, or one with a defect. */
export type MakeCore = (r: number, replicas: number, remembered: Remembered | undefined) => ReplicaCore;
/** What replicas are built from. */
export interface Build {
  readonly core: MakeCore;
  readonly Replica: typeof ControlledReplica;
}

/** Remembers what it has executed; nothing is ever restored here. */
class ValueList implements Application {
  readonly executed: string[] = [];
  executedTo(): number {
    return this.executed.length;
  }
  execute(_: number, operation: Uint8Array): Promise<void> {
    this.executed.push(valueIn(operation));
    return Promise.resolve();
  }
  restore(): Promise<number> {
    return Promise.reject(new Error("there is no snapshot"));
  }
}

/** A production replica whose core can be asked which guard refuses an action. */
export class ControlledReplica extends Replica {
  #core: ReplicaCore | undefined;
  readonly #makeCore: MakeCore;

  constructor(options: ReplicaOptions, application: Application, ports: ReplicaPorts, makeCore: MakeCore) {
    super(options, application, ports);
    this.#makeCore = makeCore;
  }
  protected override createCore(remembered: Remembered | undefined): ReplicaCore {
    return (this.#core = this.#makeCore(this.r, this.replicas, remembered));
  }
  protected get core(): ReplicaCore {
    if (this.#core === undefined) throw new Error("the replica has not been started");
    return this.#core;
  }
  /** The guard that refuses the action now, if one does. */
  refusal(step: Step): string | undefined {
    return this.core.refusal(step);
  }
  /** Takes an internal action that `Replica` would not take next by itself, and does then what it does after each. */
  takeAlone(step: Step): void {
    this.take(step);
    this.settle();
  }
}

export const production: Build = {
  core: (r, replicas, remembered) => new ReplicaCore(r, replicas, remembered),
  Replica: ControlledReplica,
};

export interface Member {
  readonly r: number;
  readonly replica: ControlledReplica;
  readonly application: ValueList;
  readonly journal: ControlledJournal;
  readonly clock: ControlledClock;
  readonly steps: ControlledSteps;
  readonly table: ControlledTable;
  readonly logger: ControlledLogger;
  readonly port: Network;
}

export class ControlledCluster {
  readonly network = new ControlledNetwork();
  readonly members: readonly Member[];
  /** Why a replica has stopped for good, by its number. */
  readonly stopped = new Map<number, string>();

  constructor(replicas: number, seed: number, build: Build) {
    this.members = Array.from({ length: replicas }, (_, i) => this.member(i + 1, replicas, seed, build));
  }

  private member(r: number, replicas: number, seed: number, build: Build): Member {
    const port = this.network.attach(r);
    const application = new ValueList();
    const [journal, clock, steps] = [new ControlledJournal(), new ControlledClock(), new ControlledSteps()];
    const [table, logger] = [new ControlledTable(), new ControlledLogger()];
    steps.hold();
    const options: ReplicaOptions = { replica: r, replicas, onFailed: (error) => void this.stopped.set(r, error.message) };
    const ports: ReplicaPorts = { network: port, clock, random: new ControlledRandom(seed + r), table, steps, logger, journal };
    const replica = new build.Replica(options, application, ports, build.core);
    return { r, replica, application, journal, clock, steps, table, logger, port };
  }

  async start(): Promise<void> {
    for (const { replica } of this.members) await replica.start();
    await this.settle();
  }

  /** Until nothing more happens by itself. */
  settle(): Promise<void> {
    return settle(this.network, ...this.members.map((m) => m.table), ...this.members.map((m) => m.steps));
  }

  async stop(): Promise<void> {
    for (const { replica } of this.members) await replica.stop();
  }
}
