/**
 * Serves snapshots of the store to peers that restore. A snapshot is taken when the newest is asked for, is shared by all who ask
 * soon after, and is kept as long as somebody asks for its chunks. There is room for few: each is a copy in the scratch table.
 */
import { validated } from "../codec.ts";
import type { Clock, Logger, Table, Timer } from "../ports.ts";
import { messageOf } from "./errors.ts";
import { snapshotMessageSchema } from "./messages.ts";
import type { SnapshotAnswer, SnapshotMessage, SnapshotRequest } from "./messages.ts";
import { deleteRows } from "./rows.ts";
import { SnapshotSource, spoolRows, spoolRowsOf } from "./snapshot-source.ts";
import type { Pair, SnapshotId } from "./snapshot.ts";

/** The store at one version, open for reading. */
export interface StoreState {
  readonly version: number;
  readonly position: number;
  readonly spaces: readonly { readonly name: string; readonly pairs: AsyncIterable<Pair> }[];
  /** The version is needed no more. */
  close(): Promise<void>;
}

export interface ServerOptions {
  readonly clusterId: string;
  /** Opens the newest state. */
  readonly openState: () => Promise<StoreState>;
  readonly send: (to: number, message: SnapshotMessage) => void;
  /** Is the server's alone. */
  readonly scratch: Table;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly chunkBytes?: number;
  readonly chunkPairs?: number;
  /** How many snapshots there are room for. */
  readonly maxSnapshots?: number;
  /** How many requests are worked on at a time; others are told that the server is busy. */
  readonly maxRequests?: number;
  /** A snapshot is given as the newest for so long. */
  readonly newestForMs?: number;
  /** A snapshot goes when nobody has asked for so long. */
  readonly idleMs?: number;
}

interface Kept {
  readonly id: SnapshotId;
  readonly sources: ReadonlyMap<string, SnapshotSource>;
  readonly takenAtMs: number;
  timer: Timer;
}

const defaults = { chunkBytes: 2 ** 20, maxSnapshots: 2, maxRequests: 8, newestForMs: 60_000, idleMs: 300_000 };
const isSame = (a: SnapshotId, b: SnapshotId): boolean =>
  a.clusterId === b.clusterId && a.version === b.version && a.position === b.position;

class Refusal extends Error {
  constructor(
    readonly reason: "unknown" | "busy",
    detail: string,
  ) {
    super(detail);
  }
}

export class SnapshotServer {
  private readonly options: ServerOptions & typeof defaults;
  private kept: readonly Kept[] = [];
  private taking: Promise<Kept> | undefined;
  private requests = 0;

  constructor(options: ServerOptions) {
    this.options = { ...defaults, ...options };
  }

  /** Clears what a server before has left. */
  async start(): Promise<void> {
    await deleteRows(this.options.scratch, spoolRows);
  }

  observe(): { readonly snapshots: readonly SnapshotId[]; readonly requests: number } {
    return { snapshots: this.kept.map((k) => k.id), requests: this.requests };
  }

  /** Of messages that are no requests it takes no notice. Resolves when the answer is sent. */
  async receive(from: number, given: unknown): Promise<void> {
    let message: SnapshotMessage;
    try {
      message = validated(snapshotMessageSchema, given, `a message about snapshots from replica ${from}`);
    } catch (error) {
      this.options.logger.log("warn", "snapshot message refused", { from, error: messageOf(error) });
      return;
    }
    if (message.type !== "SnapshotManifestRequest" && message.type !== "SnapshotChunkRequest") return;
    this.options.send(from, await this.answer(message));
  }

  private async answer(message: SnapshotRequest): Promise<SnapshotAnswer> {
    const { request } = message;
    try {
      if (this.requests >= this.options.maxRequests) throw new Refusal("busy", `${this.requests} requests are being worked on`);
      this.requests += 1;
      try {
        return message.type === "SnapshotManifestRequest" ? await this.manifest(message) : await this.chunk(message);
      } finally {
        this.requests -= 1;
      }
    } catch (error) {
      if (error instanceof Refusal) return { type: "SnapshotRefused", request, reason: error.reason, detail: error.message };
      this.options.logger.log("error", "snapshot request failed", { error: messageOf(error) });
      return { type: "SnapshotRefused", request, reason: "busy", detail: "the snapshot could not be read" };
    }
  }

  private async manifest({ request, of }: SnapshotRequest & { type: "SnapshotManifestRequest" }): Promise<SnapshotAnswer> {
    const { id, sources } = of === null ? await this.newest() : this.find(of);
    return { type: "SnapshotManifest", request, manifest: { id, spaces: [...sources.values()].map((s) => s.manifest()) } };
  }

  private async chunk({ request, of, space, index }: SnapshotRequest & { type: "SnapshotChunkRequest" }): Promise<SnapshotAnswer> {
    const source = this.find(of).sources.get(space);
    if (source === undefined || index >= source.manifest().chunkEnds.length)
      throw new Refusal("unknown", `there is no chunk ${index} of ${space}`);
    return { type: "SnapshotChunk", request, chunk: await source.chunk(index) };
  }

  private find(of: SnapshotId): Kept {
    const kept = this.kept.find((k) => isSame(k.id, of));
    if (kept === undefined) throw new Refusal("unknown", `there is no snapshot of version ${of.version} at position ${of.position}`);
    kept.timer.cancel();
    kept.timer = this.idleTimer(kept.id);
    return kept;
  }

  private async newest(): Promise<Kept> {
    const { clock, newestForMs, maxSnapshots } = this.options;
    const newest = this.kept.at(-1);
    if (newest !== undefined && clock.now() - newest.takenAtMs < newestForMs) return this.find(newest.id);
    if (this.taking === undefined) {
      if (this.kept.length >= maxSnapshots) throw new Refusal("busy", `${this.kept.length} snapshots are in use, for which there is room`);
      this.taking = this.take().finally(() => (this.taking = undefined));
    }
    return this.taking;
  }

  private async take(): Promise<Kept> {
    const { clusterId, openState, clock, logger } = this.options;
    const state = await openState();
    try {
      const id = { clusterId, version: state.version, position: state.position };
      const before = this.kept.find((k) => isSame(k.id, id));
      if (before !== undefined) return this.find(id);
      const sources = await this.sourcesOf(id, state);
      const kept: Kept = { id, sources, takenAtMs: clock.now(), timer: this.idleTimer(id) };
      this.kept = [...this.kept, kept];
      logger.log("info", "snapshot taken", { version: id.version, position: id.position, spaces: sources.size });
      return kept;
    } finally {
      await state.close();
    }
  }

  private async sourcesOf(id: SnapshotId, { spaces }: StoreState): Promise<ReadonlyMap<string, SnapshotSource>> {
    const { scratch, chunkBytes, chunkPairs } = this.options;
    const sources = new Map<string, SnapshotSource>();
    try {
      for (const { name, pairs } of spaces) {
        sources.set(name, await SnapshotSource.take({ id, space: name, pairs, scratch, chunkBytes, ...(chunkPairs && { chunkPairs }) }));
      }
      return sources;
    } catch (error) {
      await deleteRows(scratch, spoolRowsOf(id));
      throw error;
    }
  }

  private idleTimer(id: SnapshotId): Timer {
    return this.options.clock.setTimer("snapshot-idle", this.options.idleMs, () => void this.discard(id));
  }

  private async discard(id: SnapshotId): Promise<void> {
    const gone = this.kept.find((k) => isSame(k.id, id));
    this.kept = this.kept.filter((k) => k !== gone);
    try {
      for (const source of gone?.sources.values() ?? []) await source.discard();
    } catch (error) {
      /** The rows stay until the next start. */
      this.options.logger.log("error", "snapshot not discarded", { error: messageOf(error) });
    }
  }

  stop(): void {
    for (const { timer } of this.kept) timer.cancel();
    this.kept = [];
  }
}
