/** Defects of the locks of a commit: their order, how many there are, and how long they are kept. */
import { lockOf } from "../../../../engine/transactional-store/commit-protocol.ts";
import type { Committing, Core } from "../../../../engine/transactional-store/commit-protocol.ts";
import { Mutex } from "../../../../engine/transactional-store/mutex.ts";
import type { Place } from "../../../../engine/transactional-store/write-ahead-log.ts";
import { WriteAheadLog } from "../../../../engine/transactional-store/write-ahead-log.ts";
import type { Build } from "../../../transactional-store/commit/commit-driver.ts";
import { PlannedProtocol, requestOf } from "../../../transactional-store/commit/locks-driver.ts";
import type { LockRequest } from "../../../transactional-store/commit/locks-driver.ts";

/** For whoever has the log's lock before his append. */
class ReentrantMutex extends Mutex {
  #depth = 0;

  override async acquire(owner: string): Promise<void> {
    if (this.owner !== owner) await super.acquire(owner);
    else this.#depth++;
  }
  override release(): void {
    if (this.#depth > 0) this.#depth--;
    else super.release();
  }
}
class ReentrantLog extends WriteAheadLog {
  override readonly lock = new ReentrantMutex();
}

interface Plan {
  readonly mayBeginWithWal?: true;
  readonly mayTouchTwo?: true;
  /** The locks that are taken before the validation, in their order, as the spec names them. */
  readonly locks: (request: LockRequest) => readonly string[];
}

class Planned extends PlannedProtocol {
  readonly #shards = new Map<string, Mutex>();
  readonly #shardsOf = new Map<string, string[]>();

  constructor(
    core: Core,
    private readonly plan: Plan,
  ) {
    super(core);
  }
  override refuses({ own, other, walFirst }: LockRequest): string | undefined {
    if (own !== other && this.plan.mayTouchTwo !== true) return `a transaction of b${own} has no operation on another branch`;
    return walFirst && this.plan.mayBeginWithWal !== true ? "a commit has one way in" : undefined;
  }
  override ownerOf(lock: string): string | undefined {
    return this.#shards.get(lock)?.owner;
  }

  protected override async lock(c: Committing): Promise<void> {
    const wanted = this.plan.locks(requestOf(c));
    for (const [i, lock] of wanted.entries()) {
      await this.pause("Take", c, { locks: wanted.slice(i) });
      await this.#take(c, lock);
    }
    c.at = "locked";
  }
  async #take(c: Committing, lock: string): Promise<void> {
    const [kind, number] = lock.split(" ");
    if (kind === "wal") return this.core.wal.lock.acquire(c.id);
    if (kind === "branch") {
      await lockOf(this.core, `b${number ?? ""}`).acquire(c.id);
      c.locks.push(`b${number ?? ""}`);
      return;
    }
    const shard = this.#shards.get(lock) ?? new Mutex();
    this.#shards.set(lock, shard);
    await shard.acquire(c.id);
    this.#shardsOf.set(c.id, [...(this.#shardsOf.get(c.id) ?? []), lock]);
  }

  protected override async append(c: Committing): Promise<Place> {
    const hasWal = this.core.wal.lock.owner === c.id;
    const place = await super.append(c);
    if (hasWal) this.core.wal.lock.release();
    return place;
  }
  protected override unlock(c: Committing): void {
    super.unlock(c);
    for (const shard of this.#shardsOf.get(c.id) ?? []) this.#shards.get(shard)?.release();
    this.#shardsOf.delete(c.id);
  }
}

const built = (name: string, plan: Plan): Build => ({
  name,
  patch: () => ({ protocol: (core) => new Planned(core, plan), wal: (...of) => new ReentrantLog(...of) }),
});
const branch = (b: number): string => `branch ${b}`;
const withEntry = (b: number): readonly string[] => ["shard 1", branch(b)];
const touched = ({ own, other }: LockRequest): readonly number[] => (own === other ? [own] : [own, other]);

/** `lockOrder=either`: a second way into the commit takes the log's lock first. */
export const twoLockOrders = built("two-lock-orders", {
  mayBeginWithWal: true,
  locks: ({ own, walFirst }) => (walFirst ? ["wal", branch(own)] : [branch(own)]),
});
/** `crossBranch=allLocks`, `branchOrder=ownFirst`. */
export const ownBranchFirst = built("own-branch-first", { mayTouchTwo: true, locks: (request) => touched(request).map(branch) });
/** `mapEntry=kept`: the entry of the map, and with it its shard, is locked to the end of the commit. */
export const mapEntryKept = built("map-entry-kept", { locks: ({ own }) => withEntry(own) });
/** `crossBranch=allLocks`, `mapEntry=kept`: the second branch is in a shard that the commit has locked itself. */
export const waitsForItself = built("waits-for-itself", {
  mayTouchTwo: true,
  locks: (request) => [...touched(request)].sort((a, b) => a - b).flatMap(withEntry),
});
