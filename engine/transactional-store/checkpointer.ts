/**
 * Checkpoints: a copy of the store on disk, with the number of the segment from which on the log is to be replayed on top of
 * it. The mark and the version of the copy are taken while no commit is between the allocation of its version and the end
 * of its apply; the copy itself is read from the version chains while commits go on. The two newest checkpoints stay,
 * with all segments behind the older one, so that a damaged one can be passed over.
 */
import type { Disk } from "../ports.ts";
import { checkpointFrames, checkpointIndex, checkpointName, temporaryName } from "./checkpoint-file.ts";
import type { Core } from "./commit-protocol.ts";
import { Mutex } from "./mutex.ts";
import type { OpenSnapshots } from "./open-snapshots.ts";
import { segmentIndex, segmentName } from "./segment.ts";
import { spacesOf } from "./spaces.ts";
import type { Space } from "./spaces.ts";
import type { StoreState } from "./state.ts";

const keptCheckpoints = 2;

export class Checkpointer {
  protected readonly lock = new Mutex();
  /** Number of the newest checkpoint; 0 without one. */
  index: number;
  protected step: "none" | "copied" | "written" | "synced" | "published" = "none";

  constructor(
    protected readonly core: Core,
    protected readonly disk: Disk,
    protected readonly snapshots: OpenSnapshots,
    index: number,
  ) {
    this.index = index;
  }

  /** Resolves with the number of the new checkpoint. What fails leaves the old one in force; a failed log poisons the store. */
  async checkpoint(): Promise<number> {
    return this.lock.hold("checkpoint", async () => {
      this.core.wal.checkUsable();
      try {
        await this.pause("CopyStore");
        const { index, spaces } = await this.copyStore();
        await this.write(index, spaces, false);
        await this.deleteOld(index, keptCheckpoints);
        return index;
      } finally {
        this.snapshots.end("checkpoint");
        this.step = "none";
      }
    });
  }

  /** Puts another state in place of all there is. Nothing of it is visible, now or after a crash, until all of it is on disk. */
  async replace(newState: (old: StoreState) => StoreState): Promise<void> {
    await this.lock.hold("replace", () =>
      this.core.gate.whileEmpty(() =>
        this.core.wal.lock.hold("replace", async () => {
          const { wal, publication, vectors } = this.core;
          wal.checkUsable();
          const state = newState(this.core.state);
          const index = wal.nextIndex;
          await this.write(index, spacesOf(state, state.managerVersion), true);
          try {
            await wal.restart(index, state.managerVersion);
            vectors.rebuildAll(state);
          } catch (error) {
            // The disk has the new state, memory the old one.
            throw wal.stop(error);
          } finally {
            this.step = "none";
          }
          this.core.state = state;
          publication.reset(state.managerVersion);
          this.snapshots.giveUpAll("the store was replaced by an import");
          await this.deleteOld(index, 1);
        }),
      ),
    );
  }

  async whenIdle(): Promise<void> {
    await this.lock.hold("wait", () => Promise.resolve());
  }

  observe() {
    return { index: this.index, step: this.step };
  }

  /** The mark, and the version that is copied. */
  protected async copyStore(): Promise<{ readonly index: number; readonly spaces: readonly Space[] }> {
    const { wal, gate, state } = this.core;
    return gate.whileEmpty(() =>
      wal.lock.hold("checkpoint", async () => {
        const version = state.managerVersion;
        const index = await wal.rotate({ baseVersion: version });
        this.snapshots.open("checkpoint", version, false);
        this.step = "copied";
        return { index, spaces: spacesOf(state, version) };
      }),
    );
  }

  protected async write(index: number, spaces: readonly Space[], startsLog: boolean): Promise<void> {
    const files = await this.disk.list();
    if (files.includes(temporaryName)) await this.disk.remove(temporaryName);
    await this.pause("WriteCopy", { index });
    const header = { format: 1 as const, storeId: this.core.wal.storeId, index, startsLog };
    for await (const frame of checkpointFrames(header, spaces)) await this.disk.append(temporaryName, frame);
    this.step = "written";
    await this.syncCopy(index);
    await this.pause("Publish", { index });
    try {
      await this.disk.rename(temporaryName, checkpointName(index));
      await this.disk.syncDirectory();
    } catch (error) {
      // An import may or may not be in force after the next recovery, so that nothing may be committed on top of what was before.
      throw startsLog ? this.core.wal.stop(error) : error;
    }
    this.step = "published";
    this.index = index;
  }

  protected async syncCopy(index: number): Promise<void> {
    await this.pause("SyncCopy", { index });
    await this.disk.sync(temporaryName);
    this.step = "synced";
  }

  /** Checkpoints but the newest ones, then the segments that none of those needs, the oldest first. */
  protected async deleteOld(newest: number, kept: number): Promise<void> {
    const files = await this.disk.list();
    const checkpoints = files
      .flatMap((f) => checkpointIndex(f) ?? [])
      .filter((i) => i <= newest)
      .sort((a, b) => b - a);
    const oldest = checkpoints[kept - 1];
    // With one checkpoint, the log from its beginning is what there is to fall back to.
    if (oldest === undefined) return;
    const segments = files
      .flatMap((f) => segmentIndex(f) ?? [])
      .filter((i) => i < oldest)
      .sort((a, b) => a - b);
    for (const file of [...checkpoints.slice(kept).map(checkpointName), ...segments.map(segmentName)]) {
      await this.pause("DeleteSegment", { file });
      await this.disk.remove(file);
    }
    await this.disk.syncDirectory();
    await this.pause("FinishCheckpoint");
  }

  protected async pause(step: string, args: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const pause = this.core.steps.reached(step, args);
    if (pause) await pause;
  }
}
