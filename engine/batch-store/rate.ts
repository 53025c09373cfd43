/** Bounds on what one peer may ask of this replica: how often, and how much at once. */
import type { Clock } from "../ports.ts";

/** A token bucket for each peer: so many on average, so many at once. */
export class RateLimit {
  private readonly buckets = new Map<number, { tokens: number; at: number }>();

  constructor(
    private readonly clock: Clock,
    private readonly perSecond: number,
    private readonly burst: number,
  ) {}

  /** Whether the peer may go on now; if so, one token is gone. */
  allows(peer: number): boolean {
    const now = this.clock.now();
    const bucket = this.buckets.get(peer) ?? { tokens: this.burst, at: now };
    const tokens = Math.min(this.burst, bucket.tokens + ((now - bucket.at) / 1000) * this.perSecond);
    const isAllowed = tokens >= 1;
    this.buckets.set(peer, { tokens: isAllowed ? tokens - 1 : tokens, at: now });
    return isAllowed;
  }
}

/** How many pieces of work of each peer are under way. */
export class Pending {
  private readonly counts = new Map<number, number>();

  constructor(private readonly limit: number) {}

  of(peer: number): number {
    return this.counts.get(peer) ?? 0;
  }

  /** False, without beginning, when the peer has too many under way. The work must not reject. */
  begin(peer: number, work: () => Promise<void>): boolean {
    if (this.of(peer) >= this.limit) return false;
    this.counts.set(peer, this.of(peer) + 1);
    void work().finally(() => this.counts.set(peer, this.of(peer) - 1));
    return true;
  }
}
