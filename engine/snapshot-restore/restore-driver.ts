/**
 * Drives the restore of one space to its end: opens it, fetches chunk after chunk, finishes. After a failure the object is
 * abandoned and a new one opened on what is on disk, since what the old one had in memory may be wrong or lost. When the
 * failure is the source's, the source goes on to another peer first.
 */
import type { Steps } from "../ports.ts";
import { BadChunkError, BadManifestError, CutOtherwiseError, RestoreFailedError } from "./errors.ts";
import type { Restore } from "./restore.ts";
import type { Manifest } from "./snapshot.ts";

/** Where chunks come from. Every method throws SnapshotUnavailableError when there is nobody left to ask. */
export interface ChunkSource {
  /** The manifest that the chunks are cut by now. */
  manifest(): Manifest;
  chunk(index: number): Promise<unknown>;
  /** What was given is wrong: goes on to another peer, and perhaps to chunks that are cut otherwise. */
  blame(error: Error): Promise<void>;
}

export interface DriverOptions {
  readonly source: ChunkSource;
  /** A new object, not yet opened. */
  readonly newRestore: (manifest: Manifest) => Restore;
  readonly steps: Steps;
  /** How many writes may fail before the restore gets any further. */
  readonly maxFailures: number;
}

export class RestoreDriver {
  protected readonly source: ChunkSource;
  protected readonly steps: Steps;
  private readonly newRestore: DriverOptions["newRestore"];
  private readonly maxFailures: number;
  private failures = 0;
  /** The furthest chunk that was added: to add one again, after a failure that was seen late, is no progress. */
  private furthest = -1;

  constructor({ source, newRestore, steps, maxFailures }: DriverOptions) {
    this.source = source;
    this.newRestore = newRestore;
    this.steps = steps;
    this.maxFailures = maxFailures;
  }

  /** Throws what the restore throws when it cannot be opened or fails again and again, and what the source throws. */
  async run(): Promise<void> {
    let restore = await this.reopen();
    for (;;) {
      try {
        await this.addChunks(restore);
        await restore.finish();
        return;
      } catch (error) {
        restore = await this.retry(restore, error);
      }
    }
  }

  private async addChunks(restore: Restore): Promise<void> {
    for (let index = restore.nextChunk; index !== undefined; index = restore.nextChunk) {
      await restore.addChunk(await this.source.chunk(index));
      if (index > this.furthest) [this.furthest, this.failures] = [index, 0];
    }
  }

  protected async retry(restore: Restore, error: unknown): Promise<Restore> {
    const pause = this.steps.reached("Retry");
    if (pause) await pause;
    await restore.abandon();
    await this.settle(error);
    return await this.reopen();
  }

  /** Returns when it is worth while to go on, and throws the error otherwise. */
  protected async settle(error: unknown): Promise<void> {
    if (error instanceof CutOtherwiseError) return;
    if (error instanceof BadChunkError || error instanceof BadManifestError) {
      await this.source.blame(error);
      return;
    }
    this.failures += 1;
    if (!(error instanceof RestoreFailedError) || this.failures > this.maxFailures) throw error;
  }

  private async reopen(): Promise<Restore> {
    const restore = this.newRestore(this.source.manifest());
    await restore.open();
    return restore;
  }
}
