/**
 * Finite functions element -> count as hash-consed lists, in descending order of element ids: equal collections have
 * equal ids, and a change near the newest elements shares the rest. 0 is the empty list.
 */
import { SpecError } from "../../../specs/language/errors.ts";
import type { PairTable } from "./pair-table.ts";

const MAX_COUNT = 255;
const MAX_ELEMENT = 2 ** 24;

export class Lists {
  /** Scratch: the entries before the one that is changed. */
  private readonly passed: number[] = [];

  constructor(private readonly cells: PairTable) {}

  private cons(element: number, count: number, tail: number): number {
    if (count > MAX_COUNT) throw new SpecError(`an element of a bag or network has a count over ${String(MAX_COUNT)}: bound the spec`);
    if (element >= MAX_ELEMENT) throw new SpecError(`the collections of the spec hold more than ${String(MAX_ELEMENT)} different elements`);
    return this.cells.intern(element * 256 + count, tail);
  }

  /** The count of an element, or undefined if it is absent. */
  count(list: number, element: number): number | undefined {
    const { data } = this.cells;
    while (list !== 0) {
      const entry = data[2 * list] ?? 0;
      const e = entry >>> 8;
      if (e === element) return entry & 255;
      if (e < element) return undefined;
      list = data[2 * list + 1] ?? 0;
    }
    return undefined;
  }

  /** The list with one count replaced, or the element taken out (undefined). */
  with(list: number, element: number, count: number | undefined): number {
    const { data } = this.cells;
    const { passed } = this;
    // What comes before the element is put before the changed rest again; lists are too long for recursion.
    passed.length = 0;
    let rest = list;
    while (rest !== 0 && (data[2 * rest] ?? 0) >>> 8 > element) {
      passed.push(data[2 * rest] ?? 0);
      rest = data[2 * rest + 1] ?? 0;
    }
    const isThere = rest !== 0 && (data[2 * rest] ?? 0) >>> 8 === element;
    const tail = isThere ? (data[2 * rest + 1] ?? 0) : rest;
    const changed = count === undefined ? tail : this.cons(element, count, tail);
    if (changed === rest) return list;
    let result = changed;
    for (let i = passed.length - 1; i >= 0; i--) result = this.cells.intern(passed[i] ?? 0, result);
    return result;
  }

  first(list: number): number {
    return (this.cells.data[2 * list] ?? 0) >>> 8;
  }
  firstCount(list: number): number {
    return (this.cells.data[2 * list] ?? 0) & 255;
  }
  tail(list: number): number {
    return this.cells.data[2 * list + 1] ?? 0;
  }
  /** The first element of a list, with its count, before another list of smaller elements. */
  prepend(list: number, tail: number): number {
    return this.cells.intern(this.cells.data[2 * list] ?? 0, tail);
  }

  entries(list: number): [element: number, count: number][] {
    const entries: [number, number][] = [];
    for (; list !== 0; list = this.cells.data[2 * list + 1] ?? 0) {
      const entry = this.cells.data[2 * list] ?? 0;
      entries.push([entry >>> 8, entry & 255]);
    }
    return entries;
  }

  from(entries: readonly (readonly [element: number, count: number])[]): number {
    let list = 0;
    for (const [element, count] of [...entries].sort((a, b) => a[0] - b[0])) list = this.cons(element, count, list);
    return list;
  }
}
