/**
 * What each author may have stored on this replica: batches, bytes in rows, bytes in memory. What an entry gives back is
 * what it has taken, and a later expiry exchanges the share in one step, so that what is held can always be held longer.
 */
import { BatchStoreError } from "./errors.ts";

/** Over the memory quota only metadata is cached. */
export type Mode = "memory" | "row only";
/** What one entry has taken. */
export interface Share {
  readonly author: number;
  readonly bytes: number;
  readonly mode: Mode;
}
/** What is left. */
export interface Balance {
  readonly batches: number;
  readonly dbBytes: number;
  readonly memoryBytes: number;
}

export class Quotas {
  private balances = new Map<number, Balance>();

  constructor(private readonly quota: Balance) {}

  balanceOf(author: number): Balance {
    return this.balances.get(author) ?? this.quota;
  }

  /** Authors that hold something, or have held it. */
  authors(): readonly number[] {
    return [...this.balances.keys()].sort((a, b) => a - b);
  }

  /**
   * Takes a share, in exchange for the one that the entry has had. Throws `quota`, and takes nothing then. A batch that must
   * be stored (it has a proof, or its row is there) may overdraw: a quorum has taken it within its own quotas.
   */
  take(author: number, bytes: number, back: Share | undefined, mustBeStored: boolean): Share {
    const balance = this.balanceOf(author);
    const batches = balance.batches + (back === undefined ? 0 : 1);
    const dbBytes = balance.dbBytes + (back?.bytes ?? 0);
    const memoryBytes = balance.memoryBytes + memoryOf(back);
    if (back === undefined && !mustBeStored && (batches < 1 || dbBytes < bytes))
      throw new BatchStoreError(
        "quota",
        `Author ${author} has ${Math.max(batches, 0)} batches and ${Math.max(dbBytes, 0)} bytes left of its quota; a batch of ${bytes} bytes needs more.`,
      );
    const share: Share = { author, bytes, mode: memoryBytes >= bytes ? "memory" : "row only" };
    this.balances.set(author, {
      batches: batches - 1,
      dbBytes: dbBytes - bytes,
      memoryBytes: memoryBytes - memoryOf(share),
    });
    return share;
  }

  free(share: Share): void {
    const balance = this.balanceOf(share.author);
    this.balances.set(share.author, {
      batches: balance.batches + 1,
      dbBytes: balance.dbBytes + share.bytes,
      memoryBytes: balance.memoryBytes + memoryOf(share),
    });
  }
}

const memoryOf = (share: Share | undefined): number => (share?.mode === "memory" ? share.bytes : 0);
