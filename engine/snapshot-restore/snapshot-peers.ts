/**
 * Asks peers for a snapshot: one request at a time, with a timeout, some attempts per peer, then the next peer, some rounds through
 * all. A peer must offer the snapshot that was begun; its chunks may be cut otherwise.
 */
import { validated } from "../codec.ts";
import type { Clock, Logger, Timer } from "../ports.ts";
import { CutOtherwiseError, SnapshotUnavailableError, messageOf } from "./errors.ts";
import type { Hash } from "./merkle/hash.ts";
import { snapshotMessageSchema } from "./messages.ts";
import type { SnapshotAnswer, SnapshotMessage, SnapshotRequest, StoreManifest } from "./messages.ts";
import type { ChunkSource } from "./restore-driver.ts";
import type { Manifest } from "./snapshot.ts";

export interface PeersOptions {
  readonly clusterId: string;
  /** Whom to ask, the best first. */
  readonly peers: readonly number[];
  readonly send: (to: number, message: SnapshotMessage) => void;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly timeoutMs?: number;
  readonly attemptsPerPeer?: number;
  readonly rounds?: number;
  /** The least position that a snapshot is of use with. */
  readonly minPosition?: number;
  /** The root of a space at a version, when it is known for certain; otherwise the first peer's word is taken for it. */
  readonly rootOf?: (space: string, version: number) => Hash | undefined;
}

const defaults = { timeoutMs: 10_000, attemptsPerPeer: 2, rounds: 3, minPosition: 0 };

/** What a peer said instead of what it was asked for. */
class PeerError extends Error {
  constructor(
    message: string,
    /** There is no use in asking it again for this snapshot. */
    readonly isFinal = false,
  ) {
    super(message);
  }
}

type Distribute<T> = T extends unknown ? Omit<T, "request"> : never;

export class SnapshotPeers {
  private readonly options: PeersOptions & typeof defaults;
  private waiting:
    { readonly from: number; readonly request: number; readonly answer: (message: SnapshotAnswer | PeerError) => void } | undefined;
  private lastRequest = 0;
  /** Places in the order of peers, without end. */
  private turn = 0;
  private isStopped = false;
  /** By peer: what was wrong the last time. */
  private readonly complaints = new Map<number, PeerError>();
  /** Of the peer whose turn it is. */
  private offered: StoreManifest | undefined;

  constructor(options: PeersOptions) {
    if (options.peers.length === 0) throw new RangeError("there must be a peer to ask");
    this.options = { ...defaults, ...options };
  }

  receive(from: number, given: unknown): void {
    const { waiting } = this;
    if (waiting?.from !== from) return;
    try {
      const message = validated(snapshotMessageSchema, given, `a message about snapshots from replica ${from}`);
      if (message.request !== waiting.request || message.type === "SnapshotManifestRequest" || message.type === "SnapshotChunkRequest")
        return;
      waiting.answer(message);
    } catch (error) {
      waiting.answer(new PeerError(messageOf(error)));
    }
  }

  /** What is asked for is no longer wanted: requests end with SnapshotUnavailableError. */
  stop(): void {
    this.isStopped = true;
    this.waiting?.answer(new PeerError("stopped"));
  }

  /** The newest snapshot of the first peer that has one of use. Throws SnapshotUnavailableError. */
  async newest(): Promise<StoreManifest> {
    this.offered = undefined;
    this.complaints.clear();
    return await this.fromAny(() => this.manifestFromPeer(undefined));
  }

  /** The chunks of one space of the snapshot that was begun. */
  chunks(begun: StoreManifest, space: Manifest): ChunkSource {
    const current = async (): Promise<StoreManifest> => (this.offered ??= await this.manifestFromPeer(begun));
    const spaceIn = (manifest: StoreManifest | undefined): Manifest => manifest?.spaces.find((s) => s.space === space.space) ?? space;
    let cut = spaceIn(this.offered);
    return {
      manifest: () => cut,
      chunk: async (index) =>
        await this.fromAny(async () => {
          const manifest = await current();
          if (spaceIn(manifest).chunkEnds.join() !== cut.chunkEnds.join()) {
            cut = spaceIn(manifest);
            throw new CutOtherwiseError(`replica ${this.peer} has cut ${space.space} otherwise`);
          }
          const answer = await this.ask({ type: "SnapshotChunkRequest", of: begun.id, space: space.space, index });
          if (answer.type !== "SnapshotChunk") throw new PeerError(`answered with ${answer.type}`);
          return answer.chunk;
        }),
      blame: async (error) => {
        this.complain(new PeerError(error.message, true));
        await this.fromAny(async () => (cut = spaceIn(await current())));
      },
    };
  }

  private get peer(): number {
    return this.options.peers[this.turn % this.options.peers.length] ?? 0;
  }

  private complain(error: PeerError): void {
    this.options.logger.log("warn", "snapshot not served", { peer: this.peer, error: error.message });
    this.complaints.set(this.peer, error);
    this.offered = undefined;
    this.turn += 1;
  }

  /** Tries one peer after the other. */
  private async fromAny<T>(attempt: () => Promise<T>): Promise<T> {
    const { peers, rounds, attemptsPerPeer } = this.options;
    for (let left = peers.length * rounds; left > 0 && !this.isStopped; left -= 1) {
      if (this.complaints.get(this.peer)?.isFinal === true) {
        this.turn += 1;
        continue;
      }
      for (let again = attemptsPerPeer; again > 0; again -= 1) {
        try {
          return await attempt();
        } catch (error) {
          if (!(error instanceof PeerError)) throw error;
          if (!error.isFinal && again > 1) continue;
          this.complain(error);
          break;
        }
      }
    }
    const said = peers.map((peer) => `replica ${peer}: ${this.complaints.get(peer)?.message ?? "nothing"}`);
    throw new SnapshotUnavailableError(
      `no peer has given the snapshot; ${said.join("; ")}`,
      [...this.complaints.values()].some((c) => c.isFinal),
    );
  }

  private async manifestFromPeer(begun: StoreManifest | undefined): Promise<StoreManifest> {
    const answer = await this.ask({ type: "SnapshotManifestRequest", of: begun?.id ?? null });
    if (answer.type !== "SnapshotManifest") throw new PeerError(`answered with ${answer.type}`);
    const { manifest } = answer;
    const { clusterId, minPosition, rootOf } = this.options;
    if (manifest.id.clusterId !== clusterId)
      throw new PeerError(`its snapshot is of cluster ${manifest.id.clusterId}, this is ${clusterId}`, true);
    if (manifest.id.position < minPosition)
      throw new PeerError(`its snapshot is of position ${manifest.id.position}, at least ${minPosition} is needed`, true);
    for (const { space, version, root } of manifest.spaces) {
      const known = rootOf?.(space, version);
      if (known !== undefined && known !== root) throw new PeerError(`its root of ${space} is ${root}, not ${known}`, true);
    }
    if (begun !== undefined && rootsOf(manifest) !== rootsOf(begun))
      throw new PeerError("its snapshot has other spaces or roots than the one begun", true);
    this.offered = manifest;
    return manifest;
  }

  private async ask(message: Distribute<SnapshotRequest>): Promise<SnapshotAnswer> {
    const { clock, timeoutMs, send } = this.options;
    const request = ++this.lastRequest;
    const from = this.peer;
    let timer: Timer | undefined;
    const answer = await new Promise<SnapshotAnswer | PeerError>((resolve) => {
      this.waiting = { from, request, answer: resolve };
      timer = clock.setTimer("snapshot-request", timeoutMs, () => resolve(new PeerError(`no answer within ${timeoutMs} ms`)));
      send(from, { ...message, request });
    });
    timer?.cancel();
    this.waiting = undefined;
    if (answer instanceof PeerError) throw answer;
    if (answer.type === "SnapshotRefused") throw new PeerError(`${answer.reason}: ${answer.detail}`, answer.reason === "unknown");
    return answer;
  }
}

const rootsOf = ({ id, spaces }: StoreManifest): string =>
  JSON.stringify([id.version, id.position, spaces.map(({ space, root }) => [space, root]).sort()]);
