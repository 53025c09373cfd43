/**
 * A map in memory whose entries can be walked in the order of their keys (`compareKeys`), also while it is changed. The
 * keys lie in sorted runs of bounded length, so that an insertion moves few of them. Left out: persistence, and the
 * merging of small neighbours (only empty runs go).
 */
import { compareKeys } from "./keys.ts";

const longestRun = 512;

/** The first place in `items` for which `isBefore` no longer holds. */
const firstNot = <T>(items: readonly T[], isBefore: (item: T) => boolean): number => {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    if (item !== undefined && isBefore(item)) low = middle + 1;
    else high = middle;
  }
  return low;
};

export class OrderedMap<V> {
  readonly #values = new Map<string, V>();
  readonly #runs: string[][] = [];
  /** Counts changes of the set of keys: a walk that sees it change looks its place up again. */
  #changes = 0;

  get size(): number {
    return this.#values.size;
  }

  get(key: string): V | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: V): void {
    if (!this.#values.has(key)) this.#insert(key);
    this.#values.set(key, value);
  }

  delete(key: string): void {
    if (!this.#values.delete(key)) return;
    this.#changes += 1;
    const at = this.#runOf(key);
    const run = this.#runs[at];
    if (run === undefined) return;
    run.splice(
      firstNot(run, (k) => compareKeys(k, key) < 0),
      1,
    );
    if (run.length === 0) this.#runs.splice(at, 1);
  }

  /** From `from` on (included), in order. A key that is added or removed ahead of the walk is seen as it then is. */
  *entries(from = ""): Generator<readonly [string, V]> {
    let last: string | undefined;
    for (;;) {
      const changes = this.#changes;
      const start = last ?? from;
      let at = this.#runOf(start);
      let place = firstNot(this.#runs[at] ?? [], (k) => compareKeys(k, start) < (last === undefined ? 0 : 1));
      while (changes === this.#changes) {
        const run = this.#runs[at];
        if (run === undefined) return;
        const key = run[place];
        if (key === undefined) {
          at += 1;
          place = 0;
          continue;
        }
        place += 1;
        last = key;
        const value = this.#values.get(key);
        if (value !== undefined) yield [key, value];
      }
    }
  }

  /** The run in which the key is or belongs: the first whose last key is not before it, else the last. */
  #runOf(key: string): number {
    const at = firstNot(this.#runs, (run) => compareKeys(run.at(-1) ?? "", key) < 0);
    return Math.min(at, Math.max(0, this.#runs.length - 1));
  }

  #insert(key: string): void {
    this.#changes += 1;
    const at = this.#runOf(key);
    const run = this.#runs[at];
    if (run === undefined) {
      this.#runs.push([key]);
      return;
    }
    run.splice(
      firstNot(run, (k) => compareKeys(k, key) < 0),
      0,
      key,
    );
    if (run.length > longestRun) this.#runs.splice(at, 1, run.slice(0, longestRun / 2), run.slice(longestRun / 2));
  }
}
