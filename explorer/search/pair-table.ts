/**
 * Hash-consing of pairs of 32-bit ids: equal pairs have equal ids, so that structures built of pairs are compared by
 * comparing one number, exactly. The memory is reserved once, at its largest (untouched pages cost nothing), and may be
 * shared by threads: insertion is by compare-and-swap and never moves anything. Only `grow`, which rebuilds the slots,
 * needs every thread at rest.
 */

/** Ids are handed to threads in blocks of this many; what a thread leaves over at the end of a level is a hole. */
export const BLOCK = 64;
export const HOLE = 0xffffffff;
/** Ids stay below 2^30, so that the index of either half fits a signed 32-bit integer. */
const MAX_IDS = 2 ** 30;

/** Capacities that count as small and as large: small tables may be sparse, large ones must be economical. */
const PAGE = 4096;
const SMALL = 1 << 22;
const LARGE = 1 << 25;

const NEXT = 0; // the first id not yet handed out
const CAPACITY = 1; // the slots in use
const FIRST = 2; // the first id ever

/** The memory of a table: what threads share. */
export interface PairMemory {
  readonly data: ArrayBufferLike;
  readonly slots: ArrayBufferLike;
  readonly control: ArrayBufferLike;
  readonly shared: boolean;
}

/** Reserves room for `maxIds` pairs; `firstId` 1 keeps 0 free to mean "none". */
export const reservePairs = (
  maxIds: number,
  options: { readonly shared: boolean; readonly firstId: 0 | 1; readonly slots?: number },
): PairMemory => {
  const ids = Math.min(MAX_IDS, Math.ceil(maxIds / BLOCK) * BLOCK);
  const reserve = (bytes: number): ArrayBufferLike => (options.shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes));
  const memory = { data: reserve(8 * ids), slots: reserve(4 * Math.ceil(ids * 1.5)), control: reserve(12), shared: options.shared };
  const control = new Int32Array(memory.control);
  control[NEXT] = options.firstId;
  control[FIRST] = options.firstId;
  control[CAPACITY] = Math.min(options.slots ?? 1 << 13, memory.slots.byteLength / 4);
  return memory;
};

/** Makes the memory of a table as good as new. */
export const clearPairs = (memory: PairMemory): void => {
  const control = new Int32Array(memory.control);
  new Int32Array(memory.slots).fill(0, 0, control[CAPACITY]);
  control[NEXT] = control[FIRST] ?? 0;
};

/** A well-mixing 32-bit hash of a pair. */
export const hashPair = (a: number, b: number): number => {
  let h = Math.imul(a ^ Math.imul(b, 0x9e3779b1), 0x85ebca6b);
  h ^= h >>> 15;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 13)) >>> 0;
};

export class PairTable {
  /** `data[2 * id]` and `data[2 * id + 1]` are the halves of pair `id`. */
  readonly data: Uint32Array;
  /** Id + 1 of the pair that hashes here, or 0. Collisions probe linearly. */
  readonly slots: Int32Array;
  private readonly control: Int32Array;
  private readonly shared: boolean;
  readonly maxIds: number;
  capacity = 0;
  /** Slots per unit of hash: a hash times this is its slot, so that capacities need not be powers of two. */
  scale = 0;
  /** Did the last `intern` insert? */
  fresh = false;
  /** Pairs that this thread inserted. */
  inserted = 0;
  private next = 0;
  private end = 0;
  private growAt = 0;
  private fullAt = 0;

  constructor(memory: PairMemory) {
    this.data = new Uint32Array(memory.data);
    this.slots = new Int32Array(memory.slots);
    this.control = new Int32Array(memory.control);
    this.shared = memory.shared;
    this.maxIds = this.data.length / 2;
    this.resync();
    if (!this.shared) {
      this.next = this.size;
      this.end = this.maxIds;
    }
  }

  /** Takes over the capacity that another thread may have set in `grow`. */
  resync(): void {
    this.capacity = this.control[CAPACITY] ?? 0;
    this.scale = this.capacity / 2 ** 32;
    this.fullAt = Math.floor(this.capacity * 0.97);
    this.growAt = Math.floor(this.capacity * (this.capacity < LARGE ? 0.5 : 0.7));
  }

  /** The first id never handed out: all ids are below. */
  get size(): number {
    return this.shared ? Atomics.load(this.control, NEXT) : Math.max(this.next, this.control[NEXT] ?? 0);
  }

  /** Bytes really in use; of a sparse table, only the pages that were touched. */
  get bytes(): number {
    return this.size * 8 + Math.min(this.capacity * 4, this.size * PAGE);
  }

  /** The id of a pair. A table of one thread grows when it must; those of several wait for `grow`. */
  intern(a: number, b: number): number {
    const id = this.internAt(a, b, (hashPair(a, b) * this.scale) >>> 0);
    if (this.fresh && !this.shared && this.crowded) this.grow();
    return id;
  }

  /** As `intern`, with the slot already computed: `(hashPair(a, b) * scale) >>> 0`. */
  internAt(a: number, b: number, slot: number): number {
    const { slots, data } = this;
    let h = slot;
    for (;;) {
      const s = slots[h] ?? 0; // a stale 0 is caught by the compare-and-swap below
      if (s !== 0) {
        const i = 2 * s - 2;
        if (data[i] === a && data[i + 1] === b) {
          this.fresh = false;
          return s - 1;
        }
      } else {
        const id = this.claim(a, b, h);
        if (id >= 0) return id;
        continue; // another thread took the slot: look at what it put there
      }
      if (++h === this.capacity) h = 0;
    }
  }

  /** Tries to put the pair into an empty slot; -1 if another thread was faster. */
  private claim(a: number, b: number, slot: number): number {
    if (this.next === this.end) this.takeBlock();
    const id = this.next;
    if (id >= this.fullAt) throw new TableFull(); // a probe of a full table would never end
    this.data[2 * id] = a;
    this.data[2 * id + 1] = b;
    if (!this.shared) this.slots[slot] = id + 1;
    else if (Atomics.compareExchange(this.slots, slot, 0, id + 1) !== 0) return -1; // the id stays ours for the next pair
    this.next = id + 1;
    this.inserted++;
    this.fresh = true;
    return id;
  }

  private takeBlock(): void {
    if (!this.shared) throw new TableFull();
    const from = Atomics.load(this.control, NEXT);
    // The first block may start at 1; later ones are aligned, which `StateTable` relies on.
    const length = BLOCK - (from % BLOCK);
    if (Atomics.compareExchange(this.control, NEXT, from, from + length) !== from) {
      this.takeBlock();
      return;
    }
    if (from + length > this.maxIds) throw new TableFull();
    this.next = from;
    this.end = from + length;
  }

  /** The id of a pair, or -1 if it was never interned. */
  find(a: number, b: number): number {
    let h = (hashPair(a, b) * this.scale) >>> 0;
    for (;;) {
      const s = this.slots[h] ?? 0;
      if (s === 0) return -1;
      if (this.data[2 * s - 2] === a && this.data[2 * s - 1] === b) return s - 1;
      if (++h === this.capacity) h = 0;
    }
  }

  /** Before this thread comes to rest: marks the ids that it claimed and has not used; `giveUp` leaves them unused for good. */
  rest(giveUp: boolean): void {
    if (!this.shared) {
      this.control[NEXT] = this.next;
      return;
    }
    this.data.fill(HOLE, 2 * this.next, 2 * this.end);
    if (giveUp) this.next = this.end;
  }

  /** Should the slots grow soon? There is room for many more pairs when this turns true. */
  get crowded(): boolean {
    return this.size >= this.growAt && this.capacity < this.slots.length;
  }
  /** No room: the reserved ids are used up, but for a margin. */
  full(margin: number): boolean {
    return this.size + margin >= this.maxIds;
  }

  /** The capacity that `grow` would give: generous while small, by half when large, so that memory stays in proportion. */
  private get grown(): number {
    return Math.min(this.slots.length, Math.ceil(this.capacity * (this.capacity < SMALL ? 4 : this.capacity < LARGE ? 2 : 1.5)));
  }
  /** Bytes that `grow` would add. */
  get growthBytes(): number {
    return (this.grown - this.capacity) * 4;
  }

  /** Rebuilds the slots at a larger capacity, in place. Every other thread must be at rest, and `resync` afterwards. */
  grow(): void {
    const { slots, data } = this;
    slots.fill(0, 0, this.capacity);
    this.control[CAPACITY] = this.grown;
    this.resync();
    const { capacity, scale } = this;
    const size = this.size;
    for (let id = this.control[FIRST] ?? 0; id < size; id++) {
      const a = data[2 * id] ?? HOLE;
      const b = data[2 * id + 1] ?? HOLE;
      if (a === HOLE) continue;
      let h = (hashPair(a, b) * scale) >>> 0;
      while (slots[h] !== 0) if (++h === capacity) h = 0;
      slots[h] = id + 1;
    }
  }
}

/** The reserved memory is used up; the search ends as inconclusive. */
export class TableFull extends Error {
  constructor() {
    super("a table of the search is full");
    this.name = "TableFull";
  }
}
