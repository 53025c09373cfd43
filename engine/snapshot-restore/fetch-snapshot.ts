/**
 * Restores a snapshot of a whole store from peers: all its spaces, one after the other. Which snapshot was begun is kept in the
 * key-value table, so that after a crash the same one goes on, and a finished one needs no peer. When no peer has it any more, what
 * was restored is discarded and a newer one begun. The result stays in the tables: the store imports `restoredPairs` of each space
 * and then calls `discardSnapshot`.
 */
import { z } from "zod";
import { decode, encode } from "../codec.ts";
import type { Logger, Steps, Table } from "../ports.ts";
import { OtherClusterError, OtherSnapshotError, SnapshotUnavailableError, UnopenableError, messageOf } from "./errors.ts";
import { storeManifestSchema } from "./messages.ts";
import type { StoreManifest } from "./messages.ts";
import { Restore } from "./restore.ts";
import type { RestoreMode, RestoreOptions, RestoreState, RestoreTables } from "./restore.ts";
import { RestoreDriver } from "./restore-driver.ts";
import type { DriverOptions } from "./restore-driver.ts";
import { deleteRows, rowsOfSide } from "./rows.ts";
import type { Manifest } from "./snapshot.ts";
import { SnapshotPeers } from "./snapshot-peers.ts";
import type { PeersOptions } from "./snapshot-peers.ts";

export interface FetchOptions extends PeersOptions {
  readonly tables: RestoreTables;
  readonly steps: Steps;
  readonly mode?: RestoreMode;
  readonly shards?: number;
  /** How many writes may fail one after the other. */
  readonly maxFailures?: number;
  /** How often another snapshot may be begun. */
  readonly maxRestarts?: number;
}

const begunRow = "begun";
/** Stands in that row while all others are being deleted. */
const discardingSchema = z.strictObject({ discarding: z.literal(true) });
const discarding = encode({ discarding: true } satisfies z.infer<typeof discardingSchema>);

/** The snapshot whose restore was begun in these tables. Throws OtherSnapshotError when it is being discarded, UnopenableError. */
export const begunSnapshot = async (kv: Table): Promise<StoreManifest | undefined> => {
  const bytes = await kv.get(begunRow);
  if (bytes === undefined) return undefined;
  let found: StoreManifest | z.infer<typeof discardingSchema>;
  try {
    found = decode(z.union([storeManifestSchema, discardingSchema]), bytes, `row ${begunRow}`);
  } catch (error) {
    throw new UnopenableError(messageOf(error), { cause: error });
  }
  if ("discarding" in found) throw new OtherSnapshotError("the tables hold a restore that is being discarded");
  return found;
};

/** Deletes all that restores have left in the tables, finished or not. After a crash in between it is called again. */
export const discardSnapshot = async ({ kv, tree }: RestoreTables): Promise<void> => {
  await kv.write([{ put: begunRow, value: discarding }], { sync: true });
  await deleteRows(kv, rowsOfSide("kv"));
  await deleteRows(tree, rowsOfSide("tree"));
  await kv.write([{ delete: begunRow }], { sync: true });
};

export class SnapshotFetch {
  protected readonly peers: SnapshotPeers;
  private readonly logger: Logger;
  /** The space that is being restored. */
  private current: Restore | undefined;

  constructor(protected readonly options: FetchOptions) {
    this.peers = new SnapshotPeers(options);
    this.logger = options.logger;
  }

  receive(from: number, message: unknown): void {
    this.peers.receive(from, message);
  }

  /** `run` ends with SnapshotUnavailableError when it next needs a peer. */
  stop(): void {
    this.peers.stop();
  }

  observe(): RestoreState | undefined {
    return this.current?.observe();
  }

  /** Returns what was restored. Throws SnapshotUnavailableError, RestoreFailedError, OtherClusterError. */
  async run(): Promise<StoreManifest> {
    const { maxRestarts = 3 } = this.options;
    for (let restarts = 0; ; restarts += 1) {
      try {
        const begun = await this.begin();
        for (const space of begun.spaces) await this.restoreSpace(begun, space);
        return begun;
      } catch (error) {
        if (restarts >= maxRestarts || !this.mayBeginAnew(error)) throw error;
        this.logger.log("warn", "snapshot restore discarded", { error: messageOf(error) });
        await discardSnapshot(this.options.tables);
      }
    }
  }

  /** What is in the tables cannot be gone on with. */
  private mayBeginAnew(error: unknown): boolean {
    if (error instanceof SnapshotUnavailableError) return error.isOutdated;
    return error instanceof OtherSnapshotError || error instanceof UnopenableError;
  }

  /** Goes on with the snapshot that was begun, or begins the newest. */
  private async begin(): Promise<StoreManifest> {
    const { clusterId, minPosition = 0, tables } = this.options;
    const begun = await begunSnapshot(tables.kv);
    if (begun !== undefined) {
      const { id } = begun;
      if (id.clusterId !== clusterId)
        throw new OtherClusterError(`the tables hold a restore of cluster ${id.clusterId}, this is ${clusterId}`);
      if (id.position >= minPosition) return begun;
      this.logger.log("info", "snapshot restore outdated", { position: id.position, minPosition });
      await discardSnapshot(tables);
    }
    const newest = await this.peers.newest();
    await tables.kv.write([{ put: begunRow, value: encode(newest) }], { sync: true });
    return newest;
  }

  private async restoreSpace(begun: StoreManifest, space: Manifest): Promise<void> {
    const { steps, clusterId, tables, mode, shards, maxFailures = 3 } = this.options;
    const newRestore = (manifest: Manifest): Restore =>
      (this.current = this.newRestore({ clusterId, manifest, tables, steps, ...(mode && { mode }), ...(shards && { shards }) }));
    await this.newDriver({ source: this.peers.chunks(begun, space), newRestore, steps, maxFailures }).run();
    this.logger.log("info", "space restored", { space: space.space, version: space.version, count: space.count });
  }

  protected newRestore(options: RestoreOptions): Restore {
    return new Restore(options);
  }
  protected newDriver(options: DriverOptions): RestoreDriver {
    return new RestoreDriver(options);
  }
}
