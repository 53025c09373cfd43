/**
 * Hash-consing of pairs of 32-bit ids: equal pairs have equal ids, so that structures built of pairs are compared by
 * comparing one number, exactly. The memory is reserved once, at its largest (untouched pages cost nothing), and may be
 * shared by threads: insertion is by compare-and-swap and never moves anything. Only `grow`, which rebuilds the slots,
 * needs every other thread to keep still. Ids never change, so a thread may keep still in the middle of an insertion:
 * whoever needs room asks for it there (`MakeRoom`), and no one has to foresee how much will be inserted.
 */

/** Ids are handed to threads in blocks of this many; what a thread leaves over at the end of a level is a hole. */
export const BLOCK = 64;
export const HOLE = 0xffffffff;
/** An id + 1 fits into 30 bits of a slot. The bits that are left over hold a tag: bits of the hash, which rule out most wrong pairs. */
const MAX_IDS = 2 ** 30 - BLOCK;

/** Capacities that count as small and as large: small tables may be sparse, large ones must be economical. */
const PAGE = 4096;
const SMALL = 1 << 21;
const LARGE = 1 << 25;

const NEXT = 0; // the first id not yet handed out
const CAPACITY = 1; // the slots in use
const FIRST = 2; // the first id ever

/** Ids put into new slots at a time. */
const REBUILT = 1024;
const rebuilt = new Uint32Array(REBUILT);

/** The memory of a table: what threads share. */
export interface PairMemory {
  readonly data: ArrayBufferLike;
  readonly slots: ArrayBufferLike;
  readonly control: ArrayBufferLike;
  readonly shared: boolean;
}

/**
 * Address space that takes memory only where it is written. The collector counts an ArrayBuffer's whole length as memory
 * in use and runs at every reservation; a SharedArrayBuffer's not. A browser may have none, and then has one thread.
 */
export const reserveBytes = (bytes: number): ArrayBufferLike =>
  typeof SharedArrayBuffer === "undefined" ? new ArrayBuffer(bytes) : new SharedArrayBuffer(bytes);

/** Reserves room for `maxIds` pairs; `firstId` 1 keeps 0 free to mean "none". */
export const reservePairs = (
  maxIds: number,
  options: { readonly shared: boolean; readonly firstId: 0 | 1; readonly slots?: number },
): PairMemory => {
  const ids = Math.min(MAX_IDS, Math.ceil(maxIds / BLOCK) * BLOCK);
  const memory = {
    data: reserveBytes(8 * ids),
    slots: reserveBytes(4 * Math.ceil(ids * 1.5)),
    control: reserveBytes(12),
    shared: options.shared,
  };
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

/** Pairs to be interned together, and what became of them. */
export class PairBatch {
  readonly lefts: Uint32Array;
  readonly rights: Uint32Array;
  readonly ids: Uint32Array;
  /** 1 where `internBatch` inserted the pair. */
  readonly isNew: Uint8Array;
  readonly hashes: Uint32Array;
  readonly places: Uint32Array;

  constructor(size: number) {
    this.lefts = new Uint32Array(size);
    this.rights = new Uint32Array(size);
    this.ids = new Uint32Array(size);
    this.isNew = new Uint8Array(size);
    this.hashes = new Uint32Array(size);
    this.places = new Uint32Array(size);
  }
}

/** Gives a table more slots, or throws: `TableFull` when the memory for them may not be had. */
export type MakeRoom = (table: PairTable) => void;

/** The slots were rebuilt while a place in them was being filled. */
const MOVED = -2;

export class PairTable {
  /** `data[2 * id]` and `data[2 * id + 1]` are the halves of pair `id`. */
  readonly data: Uint32Array;
  /** Id + 1 of the pair that hashes here, with its tag, or 0. Collisions probe linearly. */
  private readonly slots: Int32Array;
  private readonly control: Int32Array;
  private readonly shared: boolean;
  readonly maxIds: number;
  capacity = 0;
  /** Slots per unit of hash: a hash times this is its slot, so that capacities need not be powers of two. */
  private scale = 0;
  /** The bits of a slot that hold the id + 1, which is less than the capacity. */
  private idBits = 30;
  /** Did the last `intern` insert? */
  fresh = false;
  /** Pairs that this thread inserted. */
  inserted = 0;
  /** This thread may insert pairs with the ids from `next` to `end`, without `end`. */
  private next = 0;
  private end = 0;
  /** With more ids than this, the slots would be too full. */
  private growAt = 0;
  /** Changes nothing: keeps the compiler from dropping reads that only warm the cache. */
  sink = 0;

  constructor(
    memory: PairMemory,
    private readonly makeRoom: MakeRoom = (table) => table.grow(),
  ) {
    this.data = new Uint32Array(memory.data);
    this.slots = new Int32Array(memory.slots);
    this.control = new Int32Array(memory.control);
    this.shared = memory.shared;
    this.maxIds = this.data.length / 2;
    this.next = this.end = this.shared ? 0 : (this.control[NEXT] ?? 0);
    this.resync();
  }

  /** Takes over the capacity that another thread may have set in `grow`. */
  resync(): void {
    this.capacity = this.control[CAPACITY] ?? 0;
    this.scale = this.capacity / 2 ** 32;
    this.idBits = Math.min(30, 32 - Math.clz32(this.capacity - 1));
    this.growAt = this.isLargest ? this.maxIds : Math.floor(this.capacity * (this.capacity < LARGE ? 0.6 : 0.7));
    if (!this.shared) this.end = this.growAt;
  }
  /** There are slots for all ids that are reserved. */
  private get isLargest(): boolean {
    return this.capacity >= this.slots.length;
  }

  /** The first id never handed out: all ids are below. */
  get size(): number {
    return this.shared ? Atomics.load(this.control, NEXT) : Math.max(this.next, this.control[NEXT] ?? 0);
  }

  /** Bytes really in use; of a sparse table, only the pages that were touched. */
  get bytes(): number {
    return this.size * 8 + Math.min(this.capacity * 4, this.size * PAGE);
  }

  /** The id of a pair. */
  intern(a: number, b: number): number {
    return this.internHashed(a, b, hashPair(a, b));
  }

  /**
   * Interns the first `count` pairs of a batch. The memory they will touch is asked for ahead of its use, in loops so
   * tight (and free of branches) that many requests are under way at once.
   */
  internBatch(batch: PairBatch, count: number): void {
    const { slots, data, scale, idBits } = this;
    const { lefts, rights, ids, isNew, hashes, places } = batch;
    for (let i = 0; i < count; i++) {
      const hash = hashPair(lefts[i] ?? 0, rights[i] ?? 0);
      hashes[i] = hash;
      places[i] = (hash * scale) >>> 0;
    }
    for (let i = 0; i < count; i++) ids[i] = slots[places[i] ?? 0] ?? 0;
    for (let i = 0; i < count; i++) {
      const found = (ids[i] ?? 0) ^ ((hashes[i] ?? 0) << idBits);
      const s = found & (((found >>> idBits) - 1) >> 31); // 0 if the tag is another
      const at = Math.max(2 * s - 2, 0); // an empty place stays one whatever is compared
      ids[i] = (((data[at] ?? 0) ^ (lefts[i] ?? 0)) | ((data[at + 1] ?? 0) ^ (rights[i] ?? 0))) === 0 ? s : 0;
    }
    for (let i = 0; i < count; i++) {
      const s = ids[i] ?? 0;
      if (s !== 0) {
        ids[i] = s - 1;
        isNew[i] = 0;
      } else {
        ids[i] = this.internHashed(lefts[i] ?? 0, rights[i] ?? 0, hashes[i] ?? 0);
        isNew[i] = this.fresh ? 1 : 0;
      }
    }
  }

  private internHashed(a: number, b: number, hash: number): number {
    const { slots, data, idBits } = this;
    const tag = hash << idBits;
    let h = (hash * this.scale) >>> 0;
    for (;;) {
      const s = slots[h] ?? 0; // a stale 0 is caught by the compare-and-swap below
      if (s !== 0) {
        const known = s ^ tag; // the id + 1, if that was the tag
        if (known >>> idBits === 0 && data[2 * known - 2] === a && data[2 * known - 1] === b) {
          this.fresh = false;
          return known - 1;
        }
      } else {
        const id = this.claim(a, b, h, tag);
        if (id >= 0) return id;
        if (id === MOVED) return this.internHashed(a, b, hash);
        continue; // another thread took the slot: look at what it put there
      }
      if (++h === this.capacity) h = 0;
    }
  }

  /** Tries to put the pair into an empty slot; -1 if another thread was faster, MOVED if the slot is no longer where it was. */
  private claim(a: number, b: number, slot: number, tag: number): number {
    if (this.next === this.end && this.takeIds()) return MOVED;
    const id = this.next;
    this.data[2 * id] = a;
    this.data[2 * id + 1] = b;
    if (!this.put(slot, (id + 1) | tag)) return -1; // the id stays ours for the next pair
    this.next = id + 1;
    this.inserted++;
    this.fresh = true;
    return id;
  }

  /** Fills an empty slot; false if another thread was faster. */
  private put(at: number, slot: number): boolean {
    if (this.shared) return Atomics.compareExchange(this.slots, at, 0, slot) === 0;
    this.slots[at] = slot;
    return true;
  }

  /** Takes ids for this thread to use. True if the slots had to be rebuilt for them, and then there are none yet. */
  private takeIds(): boolean {
    const from = this.shared ? Atomics.load(this.control, NEXT) : this.next;
    // The first block may start at 1; later ones are aligned, which the parents of blocks rely on.
    const length = this.shared ? BLOCK - (from % BLOCK) : 1;
    if (from + length > this.maxIds) throw new TableFull();
    if (from + length > this.growAt) {
      this.makeRoom(this);
      return true;
    }
    if (Atomics.compareExchange(this.control, NEXT, from, from + length) !== from) return this.takeIds();
    this.next = from;
    this.end = from + length;
    return false;
  }

  /** The id of a pair, or -1 if it was never interned. */
  find(a: number, b: number): number {
    const hash = hashPair(a, b);
    const tag = hash << this.idBits;
    let h = (hash * this.scale) >>> 0;
    for (;;) {
      const s = this.slots[h] ?? 0;
      if (s === 0) return -1;
      const known = s ^ tag;
      if (known >>> this.idBits === 0 && this.data[2 * known - 2] === a && this.data[2 * known - 1] === b) return known - 1;
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

  /** Does the next who takes ids need more slots? */
  get crowded(): boolean {
    const from = this.size;
    return !this.isLargest && from + (this.shared ? BLOCK - (from % BLOCK) : 1) > this.growAt;
  }

  /** The capacity that `grow` would give: generous while small, by half when large, so that memory stays in proportion. */
  private get grown(): number {
    return Math.min(this.slots.length, Math.ceil(this.capacity * (this.capacity < SMALL ? 4 : this.capacity < LARGE ? 2 : 1.5)));
  }
  /** Bytes that `grow` would add. */
  get growthBytes(): number {
    return (this.grown - this.capacity) * 4;
  }

  /** Makes the slots more, in place, and finds every id its slot. Every other thread must keep still, and `resync` afterwards. */
  grow(): void {
    const [from, to] = this.clearForGrowth();
    this.rebuild(from, to);
  }

  /** The first half of `grow`: empty slots at the new capacity. `rebuild` must follow for all ids in the range that it returns. */
  clearForGrowth(): readonly [from: number, to: number] {
    this.slots.fill(0, 0, this.capacity);
    this.control[CAPACITY] = this.grown;
    this.resync();
    return [this.control[FIRST] ?? 0, this.size];
  }

  /** Puts a range of ids into the slots. Threads may share the work, when all have taken over the capacity. */
  rebuild(from: number, to: number): void {
    for (let first = from; first < to; first += REBUILT) this.rebuildSome(first, Math.min(to, first + REBUILT));
  }

  /** As in `internBatch`, the memory is asked for ahead of its use. */
  private rebuildSome(from: number, to: number): void {
    const { slots, data, capacity, scale, idBits } = this;
    for (let id = from; id < to; id++) rebuilt[id - from] = hashPair(data[2 * id] ?? 0, data[2 * id + 1] ?? 0);
    let warm = 0;
    for (let i = 0; i < to - from; i++) warm ^= slots[((rebuilt[i] ?? 0) * scale) >>> 0] ?? 0;
    this.sink ^= warm;
    for (let id = from; id < to; id++) {
      if (data[2 * id] === HOLE) continue;
      const hash = rebuilt[id - from] ?? 0;
      const slot = (id + 1) | (hash << idBits);
      let h = (hash * scale) >>> 0;
      while (slots[h] !== 0 || !this.put(h, slot)) if (++h === capacity) h = 0;
    }
  }
}

/** The memory budget, or what was reserved for it, is used up; the search ends as inconclusive. */
export class TableFull extends Error {
  constructor() {
    super("a table of the search is full");
    this.name = "TableFull";
  }
}
