/** The bytes of one file in memory. */

export class Contents {
  private buffer: Uint8Array;
  private used: number;
  private copy: Uint8Array | undefined;

  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    // Not `slice`, with which a Buffer gives a view of itself.
    this.buffer = new Uint8Array(bytes);
    this.used = bytes.length;
  }

  get length(): number {
    return this.used;
  }

  bytes(from = 0, to = this.used): Uint8Array {
    return this.buffer.slice(from, Math.max(from, Math.min(to, this.used)));
  }

  /** All bytes, the same array until they change: not to be written to. */
  shared(): Uint8Array {
    return (this.copy ??= this.bytes());
  }

  /** What lies between the end and `offset` reads as zeros. */
  write(offset: number, bytes: Uint8Array): void {
    this.setLength(Math.max(this.used, offset + bytes.length));
    this.buffer.set(bytes, offset);
  }

  /** Longer: the new bytes are zeros. */
  setLength(length: number): void {
    this.copy = undefined;
    if (length > this.buffer.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.buffer.length));
      larger.set(this.buffer.subarray(0, this.used));
      this.buffer = larger;
    }
    if (length < this.used) this.buffer.fill(0, length, this.used);
    this.used = length;
  }
}
