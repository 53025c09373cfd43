/**
 * One replica of all parts: the batch store makes payloads durable, replication orders their proofs, the state machine runs the
 * transactions in the transactional store, and a replica that lags too far restores a snapshot.
 */
import type { BatchStore } from "../batch-store/batch-store.ts";
import type { Clock, Disk, Journal, Logger, Network, Random, Steps, Table, Witness } from "../ports.ts";
import { StoppedError, ViewChangedError } from "../replication/errors.ts";
import { primary } from "../replication/group.ts";
import { Replica } from "../replication/replica.ts";
import type { TransactionalStore } from "../transactional-store/transactional-store.ts";
import { Batcher } from "./batcher.ts";
import type { ReplicaStatus } from "./client-protocol.ts";
import { ExecutionWaiters } from "./execution-waiters.ts";
import { Multiplexer } from "./multiplexer.ts";
import { encodeOperation } from "./operation.ts";
import { openBatchStore, openStore } from "./parts.ts";
import type { NodeOptions } from "./parts.ts";
import { answerRejoins } from "./rejoin.ts";
import type { Told } from "./rejoin.ts";
import type { Host } from "./requests.ts";
import { Snapshots } from "./snapshots.ts";
import { StateMachine } from "./state-machine.ts";
import type { TransactionResult } from "./state-machine.ts";
import { watchedPorts } from "./watched-ports.ts";

/** The world of one replica. */
export interface NodePorts {
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
  readonly steps: Steps;
  readonly logger: Logger;
  readonly journal?: Journal | undefined;
  /** The files of the transactional store. */
  readonly disk: Disk;
  /** Rows of replication and of the batch store. */
  readonly table: Table;
  /** Of the writes of replication. */
  readonly witness?: Witness | undefined;
  /** Rows of a snapshot that is being restored, and of those that are being served. */
  readonly snapshotTable: Table;
}

const batcherLimits = {
  maxTransactions: 1_000,
  maxBytes: 2 * 2 ** 20,
  maxInFlight: 2,
  maxWaiting: 20_000,
  maxWaitingBytes: 64 * 2 ** 20,
  maxGatherMs: 20,
};

export class ReplicaNode implements Host {
  private readonly options: NodeOptions;
  readonly store: TransactionalStore;
  private readonly batches: BatchStore;
  private readonly replica: Replica;
  private readonly machine: StateMachine;
  private readonly snapshots: Snapshots;
  private readonly batcher: Batcher<TransactionResult>;
  private readonly executions = new ExecutionWaiters();

  private constructor(options: NodeOptions, ports: NodePorts, store: TransactionalStore, batches: BatchStore, multiplexer: Multiplexer) {
    this.options = options;
    this.store = store;
    this.batches = batches;
    const { checkpointEveryOps, retainedOps, replicas, replica, timing } = options;
    this.snapshots = new Snapshots({
      clusterId: options.cluster,
      replica,
      replicas,
      store,
      betweenOps: (work) => this.machine.betweenOps(work),
      network: multiplexer.channel("snapshots"),
      table: ports.snapshotTable,
      clock: ports.clock,
      logger: ports.logger,
      steps: ports.steps,
    });
    this.machine = new StateMachine({
      store,
      batches,
      clock: ports.clock,
      logger: ports.logger,
      checkpointEveryOps,
      restoreSnapshot: (peer, opNumber) => this.snapshots.restore(peer, opNumber),
      checkpointed: (opNumber) => this.replica.checkpointed(opNumber),
      lacksBatch: (opNumber) => this.replica.needsSnapshot(opNumber),
      failed: (error) => this.replica.fail(error),
    });
    const onExecuted = (opNumber: number): void => this.executions.executed(opNumber);
    const onFailed = (error: StoppedError): void => {
      this.executions.fail(error);
      options.onFailed?.(error);
    };
    const { isMember = false, onHeard = () => undefined } = options;
    const replication = { replica, replicas, timing, retainedOps, onExecuted, onFailed, isMember, onHeard };
    this.replica = new Replica(replication, this.machine, {
      ...ports,
      network: multiplexer.channel("replication"),
    });
    answerRejoins(multiplexer.channel("rejoin"), ports.logger, () => this.toldToOneThatRejoins());
    this.batcher = new Batcher(batcherLimits, ports.clock, (transactions) => this.order(transactions));
  }

  /** Recovers what the disk has, and takes part. Throws what its parts throw for a disk that cannot be started from. */
  static async start(options: NodeOptions, unwatched: NodePorts): Promise<ReplicaNode> {
    const started: { node?: ReplicaNode } = {};
    const ports = watchedPorts(unwatched, (error) => started.node?.fail(error));
    const multiplexer = new Multiplexer(ports.network, ports.logger);
    const store = await openStore(options, ports);
    const batches = await openBatchStore(options, ports, multiplexer.channel("batches"));
    const node = new ReplicaNode(options, ports, store, batches, multiplexer);
    started.node = node;
    await node.snapshots.start();
    await node.replica.start();
    node.executions.executed(node.machine.executedTo());
    return node;
  }

  /** Finishes what is under way and syncs the store. What waits is told. The ports stay open. */
  async stop(): Promise<void> {
    this.executions.fail(new StoppedError("the replica was stopped"));
    this.snapshots.stop();
    await Promise.all([this.machine.stop(), this.replica.stop()]);
    await this.batches.close();
    await this.store.close();
  }

  /** How often this replica has been started. */
  get incarnation(): number {
    return this.replica.incarnation;
  }

  /** How far the log reaches, and in which view the replica was last in normal operation. */
  get logged(): { readonly viewNumber: number; readonly opNumber: number } {
    const { lastNormalView, opNumber } = this.replica.observe();
    return { viewNumber: lastNormalView, opNumber };
  }

  get isPrimary(): boolean {
    return this.replica.isPrimary;
  }

  async caughtUp(): Promise<void> {
    await this.executions.reached(await this.replica.confirmLeadership());
  }

  async commit(transaction: Uint8Array): Promise<TransactionResult> {
    if (!this.replica.isPrimary) throw this.replica.notPrimary();
    return this.batcher.submit(transaction);
  }

  /** Something beside the node that this replica cannot do without has failed. */
  fail(error: Error): void {
    this.replica.fail(error);
  }

  status(): ReplicaStatus {
    const { viewNumber, status, opNumber, commitNumber, executedTo } = this.replica.observe();
    return {
      cluster: this.options.cluster,
      replica: this.options.replica,
      view: viewNumber,
      primary: primary(viewNumber, this.options.replicas),
      status,
      opNumber,
      commitNumber,
      executed: executedTo,
      version: this.store.version,
      counters: { ...this.batcher.counters(), ...this.snapshots.counters() },
    };
  }

  private async toldToOneThatRejoins(): Promise<Told | undefined> {
    const { status, viewNumber, logStart, log, commitNumber, opNumber } = this.replica.observe();
    if (status !== "Normal") return undefined;
    await this.replica.synced();
    const leads = primary(viewNumber, this.options.replicas) === this.options.replica;
    return { viewNumber, log: leads ? { logStart, operations: log, commitNumber: Math.min(commitNumber, opNumber) } : null };
  }

  /** Makes the batch durable on a majority, orders its proof, and gives what came of it. */
  private async order(transactions: readonly Uint8Array[]): Promise<readonly TransactionResult[]> {
    const { replica, machine } = this;
    const expiry = replica.opNumber + this.options.retainedOps;
    const { digest, ...proof } = await this.batches.submit(transactions, { expiry });
    machine.expect(digest);
    try {
      await replica.submit(encodeOperation({ digest, ...proof }));
    } catch (error) {
      machine.resultOf(digest);
      throw error;
    }
    const result = machine.resultOf(digest);
    if (result === undefined) throw new ViewChangedError("the batch was executed elsewhere: ask again for its outcome");
    if (result === "expired") throw new ViewChangedError(`the batch was ordered after op ${expiry}, too late to be executed`);
    return result;
  }
}
