/** Snapshots of the whole store: served to replicas that lag, and restored from others when this one does. */
import type { Clock, Logger, Network, Steps, Table } from "../ports.ts";
import { SnapshotFetch, discardSnapshot } from "../snapshot-restore/fetch-snapshot.ts";
import type { RestoreTables } from "../snapshot-restore/restore.ts";
import { restoredPairs } from "../snapshot-restore/restored.ts";
import { SnapshotServer } from "../snapshot-restore/snapshot-server.ts";
import type { StoreState } from "../snapshot-restore/snapshot-server.ts";
import type { Pair } from "../snapshot-restore/snapshot.ts";
import type { TransactionalStore } from "../transactional-store/transactional-store.ts";

export interface SnapshotsOptions {
  readonly clusterId: string;
  readonly replica: number;
  readonly replicas: number;
  readonly store: TransactionalStore;
  /** Runs the work while no op is being executed, so that a snapshot has whole ops. */
  readonly betweenOps: <T>(work: () => Promise<T>) => Promise<T>;
  readonly network: Network;
  readonly table: Table;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly steps: Steps;
}

async function* streamed(pairs: Iterable<Pair> | AsyncIterable<Pair>): AsyncGenerator<Pair> {
  yield* pairs;
}

export class Snapshots {
  private readonly options: SnapshotsOptions;
  private readonly server: SnapshotServer;
  /** Rows of what is restored and of what is served differ in their prefix. */
  private readonly tables: RestoreTables;
  private fetching: SnapshotFetch | undefined;
  private restored = 0;

  constructor(options: SnapshotsOptions) {
    this.options = options;
    const { clusterId, network, table, clock, logger } = options;
    this.tables = { kv: table, tree: table };
    const send = (to: number, message: unknown): void => network.send(to, message);
    // A replica lags behind by more than the log; a snapshot that is a minute old would not help it.
    this.server = new SnapshotServer({
      clusterId,
      openState: () => this.openState(),
      send,
      scratch: table,
      clock,
      logger,
      newestForMs: 1_000,
    });
    network.onMessage((from, message) => {
      this.fetching?.receive(from, message);
      void this.server.receive(from, message);
    });
  }

  /** Clears what an earlier process has left of the snapshots that it served. */
  start(): Promise<void> {
    return this.server.start();
  }

  counters(): Readonly<Record<string, number>> {
    return { snapshotsServed: this.server.observe().snapshots.length, snapshotsRestored: this.restored };
  }

  /** Puts a snapshot of at least so many ops in place of the store, from this peer or another one; resolves with how many it has. */
  async restore(peer: number, opNumber: number): Promise<number> {
    const { clusterId, replica, replicas, network, clock, logger, steps, store } = this.options;
    const others = Array.from({ length: replicas }, (_, i) => i + 1).filter((r) => r !== replica && r !== peer);
    const fetching = new SnapshotFetch({
      clusterId,
      peers: [peer, ...others],
      minPosition: opNumber,
      send: (to, message) => network.send(to, message),
      clock,
      logger,
      steps,
      tables: this.tables,
    });
    this.fetching = fetching;
    try {
      const { id, spaces } = await fetching.run();
      await store.importSpaces(spaces.map(({ space }) => ({ name: space, pairs: restoredPairs(this.tables.kv, space) })));
      await discardSnapshot(this.tables);
      this.restored++;
      return id.position;
    } finally {
      this.fetching = undefined;
    }
  }

  stop(): void {
    this.fetching?.stop();
    this.server.stop();
  }

  private async openState(): Promise<StoreState> {
    const state = await this.options.betweenOps(() => this.options.store.exportSpaces());
    return {
      version: state.version,
      position: state.executed.position,
      spaces: state.spaces.map(({ name, pairs }) => ({ name, pairs: streamed(pairs) })),
      close: () => {
        state.release();
        return Promise.resolve();
      },
    };
  }
}
