/** A lock with an order: whoever asked first gets it first. Not reentrant. Also a gate that waits until all inside have left. */

export class Mutex {
  #owner: string | undefined;
  readonly #waiting: { readonly owner: string; readonly enter: () => void }[] = [];

  get owner(): string | undefined {
    return this.#owner;
  }
  get waiting(): readonly string[] {
    return this.#waiting.map((w) => w.owner);
  }

  async acquire(owner: string): Promise<void> {
    if (this.#owner === undefined) this.#owner = owner;
    else await new Promise<void>((enter) => this.#waiting.push({ owner, enter }));
  }

  release(): void {
    const next = this.#waiting.shift();
    this.#owner = next?.owner;
    next?.enter();
  }

  async hold<T>(owner: string, work: () => Promise<T>): Promise<T> {
    await this.acquire(owner);
    try {
      return await work();
    } finally {
      this.release();
    }
  }
}

/** Many may be inside at once; whoever closes the gate waits until they have left, and nobody enters before it is open again. */
export class Gate {
  #inside = 0;
  #closed = false;
  #changed: (() => void)[] = [];

  get inside(): number {
    return this.#inside;
  }

  async enter(): Promise<void> {
    while (this.#closed) await this.#change();
    this.#inside += 1;
  }

  leave(): void {
    this.#inside -= 1;
    this.#wake();
  }

  async whileEmpty<T>(work: () => Promise<T>): Promise<T> {
    while (this.#closed) await this.#change();
    this.#closed = true;
    try {
      while (this.#inside > 0) await this.#change();
      return await work();
    } finally {
      this.#closed = false;
      this.#wake();
    }
  }

  async #change(): Promise<void> {
    await new Promise<void>((wake) => this.#changed.push(wake));
  }
  #wake(): void {
    const waiting = this.#changed;
    this.#changed = [];
    for (const wake of waiting) wake();
  }
}
