/**
 * Ids for canonical texts of values. With several threads the texts also go to a shared log, appended under a lock; a
 * thread that meets an id it does not know reads on in the log. New texts are rare (thousands in a search of millions).
 */
import { TableFull } from "./pair-table.ts";

export interface TextMemory {
  readonly bytes: SharedArrayBuffer;
  /** offsets[i] is where text i starts. */
  readonly offsets: SharedArrayBuffer;
  readonly control: SharedArrayBuffer;
}

export const reserveTexts = (maxBytes: number, maxTexts: number): TextMemory => ({
  bytes: new SharedArrayBuffer(maxBytes),
  offsets: new SharedArrayBuffer(4 * (maxTexts + 1)),
  control: new SharedArrayBuffer(8),
});

const LOCK = 0;
const COUNT = 1;

/** Makes the memory as good as new. */
export const clearTexts = (memory: TextMemory): void => void new Int32Array(memory.control).fill(0);

export class TextTable {
  private readonly texts: string[] = [];
  private readonly ids = new Map<string, number>();
  private readonly log: { readonly bytes: Uint8Array; readonly offsets: Uint32Array; readonly control: Int32Array } | undefined;
  private characters = 0;

  constructor(memory?: TextMemory) {
    this.log = memory && {
      bytes: new Uint8Array(memory.bytes),
      offsets: new Uint32Array(memory.offsets),
      control: new Int32Array(memory.control),
    };
  }

  get size(): number {
    return this.texts.length;
  }
  /** An estimate: a text is kept as a string and, with threads, in the log. */
  get bytes(): number {
    return this.texts.length * 80 + this.characters * (this.log ? 2 : 1);
  }

  text(id: number): string {
    if (id >= this.texts.length) this.catchUp();
    const text = this.texts[id];
    if (text === undefined) throw new RangeError(`there is no text with id ${String(id)}`);
    return text;
  }

  /** Texts are made of the characters of `codec.encode`: all ASCII. */
  intern(text: string): number {
    const known = this.ids.get(text);
    if (known !== undefined) return known;
    if (this.log === undefined) return this.append(text);
    while (Atomics.compareExchange(this.log.control, LOCK, 0, 1) !== 0); // held for microseconds
    try {
      this.catchUp();
      return this.ids.get(text) ?? this.publish(text, this.log);
    } finally {
      Atomics.store(this.log.control, LOCK, 0);
    }
  }

  private append(text: string): number {
    this.characters += text.length;
    this.ids.set(text, this.texts.length);
    return this.texts.push(text) - 1;
  }

  private publish(text: string, log: NonNullable<TextTable["log"]>): number {
    const id = this.texts.length;
    const from = log.offsets[id] ?? 0;
    if (id + 2 > log.offsets.length || from + text.length > log.bytes.length) throw new TableFull();
    for (let i = 0; i < text.length; i++) log.bytes[from + i] = text.charCodeAt(i);
    log.offsets[id + 1] = from + text.length;
    Atomics.store(log.control, COUNT, id + 1);
    return this.append(text);
  }

  private catchUp(): void {
    if (this.log === undefined) return;
    const count = Atomics.load(this.log.control, COUNT);
    const { bytes, offsets } = this.log;
    while (this.texts.length < count) {
      const id = this.texts.length;
      let text = "";
      for (let i = offsets[id] ?? 0; i < (offsets[id + 1] ?? 0); i++) text += String.fromCharCode(bytes[i] ?? 0);
      this.append(text);
    }
  }
}
