/**
 * Connections that have not shown yet that they are of any use. When there are too many, of an address or in all, the oldest of the
 * address that has the most is the one to go: whoever is of use needs milliseconds to show it.
 */
export interface CrowdLimits {
  readonly most: number;
  readonly mostOfAddress: number;
}

export class Crowd<C> {
  /** By address; the oldest of each comes first. */
  private readonly waiting = new Map<string, Set<C>>();
  private count = 0;

  constructor(private readonly limits: CrowdLimits) {}

  get size(): number {
    return this.count;
  }
  get all(): readonly C[] {
    return [...this.waiting.values()].flatMap((of) => [...of]);
  }

  has(connection: C, address: string): boolean {
    return this.waiting.get(address)?.has(connection) === true;
  }

  /** Adds one; says which other has to go for it, and has forgotten that one. */
  add(connection: C, address: string): C | undefined {
    const ofAddress = this.waiting.get(address) ?? new Set<C>();
    ofAddress.add(connection);
    this.waiting.set(address, ofAddress);
    this.count += 1;
    if (ofAddress.size > this.limits.mostOfAddress) return this.takeOldest(address);
    if (this.count <= this.limits.most) return undefined;
    const [largest] = [...this.waiting].sort(([, a], [, b]) => b.size - a.size);
    return largest && this.takeOldest(largest[0]);
  }

  /** It has shown what it is for, or is gone. */
  remove(connection: C, address: string): void {
    const ofAddress = this.waiting.get(address);
    if (ofAddress?.delete(connection) !== true) return;
    this.count -= 1;
    if (ofAddress.size === 0) this.waiting.delete(address);
  }

  private takeOldest(address: string): C | undefined {
    const [oldest] = this.waiting.get(address) ?? [];
    if (oldest !== undefined) this.remove(oldest, address);
    return oldest;
  }
}
