/**
 * What user code may observe of a state, and the record of what it did observe. An observation is a question with a
 * numeric answer: the whole of a leaf, one field of it, whether an element is in a collection and with which count, or
 * the part of a collection with one tag. The finer the question, the more states give the same answer, and the more
 * often a remembered result serves.
 */
import { hasTag } from "../../../specs/language/collections.ts";
import type { PendingState } from "../../../specs/language/collections.ts";
import { copyOf } from "../../../specs/language/equality.ts";
import type { Entry } from "../../../specs/language/equality.ts";
import type { Leaf } from "./leaves.ts";
import type { Lists } from "../kernel/lists.ts";
import { GrowingArray, MemoTable } from "../kernel/memo-table.ts";
import type { ValueTable } from "./value-table.ts";

/** The questions. */
export const WHOLE = 0;
/** One field of a record or key of a map; the detail is its position. */
export const PART = 1;
/** Count + 1 of one element of a collection, 0 if absent; the detail is the element's id. */
export const COUNT = 2;
/** The sub-collection of one tag and pending state; the detail indexes `filters`. */
export const FILTERED = 3;

/** Filters whose results for a list are kept side by side, in one cache line. */
const BLOCK_SIZE = 16;
/** Of a walk along more tails than this, only the end is remembered: long lists would take too much memory. */
const MAX_WALK = 64;
/** Lists of which the order of elements is kept at hand. */
const MAX_ORDERS = 10_000;

export class Observer {
  /** The leaves of the state that is being looked at; its second half is the next state, for action properties. */
  readonly ids: Uint32Array;
  recording = false;
  /** While user code runs on another state than the one it is recorded for: what it asks, as leaf, question and detail. */
  private asked: number[] | undefined;
  /** The observations of the current run, in order, each once, with their answers. */
  readonly seen: number[] = [];
  readonly answers: number[] = [];

  /** The leaves of the present state, then those of the next. */
  private readonly both: readonly Leaf[];
  private readonly byKey = new Map<number, number>();
  private readonly leafOf: number[] = [];
  private readonly questionOf: number[] = [];
  private readonly detailOf: number[] = [];
  private readonly stamps: number[] = [];
  private run = 0;
  private readonly filters: { readonly values: ValueTable; readonly tag: string; readonly pending: PendingState }[] = [];
  /** Per list: where its block of sub-lists is in `blocks`, +1. */
  private readonly blockOf = new GrowingArray();
  /** Per block, one sub-list (+1) for each of the first filters: they are asked for one after the other. */
  private readonly blocks = new GrowingArray();
  private blockCount = 0;
  /** Scratch: the tails whose sub-lists are being made. */
  private readonly walked: number[] = [];
  private readonly filteredByTable = new MemoTable();
  /** By leaf, the elements of lists in order. */
  private readonly orders: Map<number, readonly Entry<unknown>[]>[] = [];
  /** By leaf, the values that user code has been given. */
  private readonly given: unknown[][] = [];

  constructor(
    readonly leaves: readonly Leaf[],
    private readonly lists: Lists,
  ) {
    this.ids = new Uint32Array(2 * leaves.length);
    this.both = [...leaves, ...leaves];
  }

  /** Bytes of what is remembered of lists. */
  get bytes(): number {
    return this.blockOf.data.byteLength + this.blocks.data.byteLength + this.filteredByTable.bytes;
  }

  begin(): void {
    this.recording = true;
    this.run++;
    this.seen.length = 0;
    this.answers.length = 0;
  }

  /** The leaf that an observation looks at; the next state's leaves come after the present one's. */
  leafIndex(observation: number): number {
    return this.leafOf[observation] ?? 0;
  }

  /** Notes that user code asks this of leaf `at`, and returns the answer. */
  observe(at: number, question: number, detail: number): number {
    if (!this.recording) return this.evaluate(at, question, detail);
    if (this.asked !== undefined) {
      this.asked.push(at, question, detail);
      return this.evaluate(at, question, detail);
    }
    const key = (at * 4 + question) * 0x1000000 + detail;
    let observation = this.byKey.get(key);
    if (observation === undefined) {
      observation = this.leafOf.push(at) - 1;
      this.questionOf.push(question);
      this.detailOf.push(detail);
      this.byKey.set(key, observation);
    }
    const answer = this.evaluate(at, question, detail);
    if (this.stamps[observation] !== this.run) {
      this.stamps[observation] = this.run;
      this.seen.push(observation);
      this.answers.push(answer);
    }
    return answer;
  }

  /**
   * Runs user code on other leaves. What it asks there is not recorded, but returned: leaf, question and detail one after
   * the other; only where a run is being recorded, else nothing.
   */
  elsewhere<T>(ids: Uint32Array, run: () => T): { readonly result: T; readonly asked: readonly number[] } {
    const here = this.ids.slice();
    const asked: number[] = [];
    this.ids.set(ids);
    this.asked = asked;
    try {
      return { result: run(), asked };
    } finally {
      this.asked = undefined;
      this.ids.set(here);
    }
  }

  /** The answer that the present state gives to an observation made earlier. */
  answer(observation: number): number {
    return this.evaluate(this.leafOf[observation] ?? 0, this.questionOf[observation] ?? WHOLE, this.detailOf[observation] ?? 0);
  }

  /** Writes what an observation is, as three numbers: the leaf, the question, the detail. */
  describe(observation: number, into: Uint32Array, at: number): void {
    into[at] = this.leafOf[observation] ?? 0;
    into[at + 1] = this.questionOf[observation] ?? 0;
    into[at + 2] = this.detailOf[observation] ?? 0;
  }

  evaluate(at: number, question: number, detail: number): number {
    return this.answerFor(at, this.ids[at] ?? 0, question, detail);
  }

  /** The answer that leaf `at` gives when it has this id. */
  answerFor(at: number, id: number, question: number, detail: number): number {
    switch (question) {
      case WHOLE:
        return id;
      case PART:
        return this.leaf(at).values.part(id, detail);
      case COUNT: {
        const count = this.lists.count(id, detail);
        return count === undefined ? 0 : count + 1;
      }
      default: // FILTERED
        return this.filtered(id, detail);
    }
  }

  leaf(at: number): Leaf {
    const leaf = this.both[at];
    if (leaf === undefined) throw new RangeError(`there is no leaf ${String(at)}`);
    return leaf;
  }

  /** The number of a filter of the elements of leaf `at`, for the detail of a Filtered question. */
  filterNumber(at: number, tag: string, pending: PendingState): number {
    const { values } = this.leaf(at);
    const known = this.filters.findIndex((f) => f.values === values && f.tag === tag && f.pending === pending);
    return known >= 0 ? known : this.filters.push({ values, tag, pending }) - 1;
  }

  /** The three numbers of an observation: the leaf, the question, the detail. */
  questionOfObservation(observation: number): readonly [at: number, question: number, detail: number] {
    return [this.leafOf[observation] ?? 0, this.questionOf[observation] ?? WHOLE, this.detailOf[observation] ?? 0];
  }

  /** Is an element of a collection that has no pending counts, such as a set, part of what a filter leaves? */
  passesFilter(number: number, element: number): boolean {
    const filter = this.filters[number];
    return filter !== undefined && hasTag(filter.values.value(element), filter.tag);
  }

  private filtered(list: number, number: number): number {
    const known = this.knownFilter(list, number);
    return known !== 0 ? known - 1 : this.filter(list, number);
  }

  /** The sub-list, +1, or 0 where it is not known. */
  private knownFilter(list: number, number: number): number {
    if (number >= BLOCK_SIZE) return this.filteredByTable.get(list, number);
    const block = this.blockOf.get(list);
    return block === 0 ? 0 : this.blocks.get(block * BLOCK_SIZE + number);
  }

  private rememberFilter(list: number, number: number, result: number): void {
    if (number >= BLOCK_SIZE) {
      this.filteredByTable.set(list, number, result + 1);
      return;
    }
    let block = this.blockOf.get(list);
    if (block === 0) {
      block = ++this.blockCount;
      this.blockOf.set(list, block);
      this.blocks.reserve((block + 1) * BLOCK_SIZE);
    }
    this.blocks.set(block * BLOCK_SIZE + number, result + 1);
  }

  /** A list's sub-list is its tail's, with or without the first element; tails are shared, so one that is known is mostly near. */
  private filter(list: number, number: number): number {
    const filter = this.filters[number];
    if (filter === undefined) return 0;
    const { lists, walked } = this;
    const { values, pending, tag } = filter;
    walked.length = 0;
    let result = 0;
    for (let tail = list; tail !== 0; tail = lists.tail(tail)) {
      const known = this.knownFilter(tail, number);
      if (known !== 0) {
        result = known - 1;
        break;
      }
      walked.push(tail);
    }
    const isShort = walked.length <= MAX_WALK;
    for (let i = walked.length - 1; i >= 0; i--) {
      const tail = walked[i] ?? 0;
      const wanted = pending === "all" || (pending === "pending" ? lists.firstCount(tail) > 0 : lists.firstCount(tail) === 0);
      if (wanted && hasTag(values.value(lists.first(tail)), tag)) result = lists.prepend(tail, result);
      if (isShort || i === 0) this.rememberFilter(tail, number, result);
    }
    return result;
  }

  /**
   * The deeply frozen value that user code is given for an id at leaf `at`. Each leaf has objects of its own: two places
   * of a state are never one object, here as in the interpreter, so that identity cannot tell what equality would.
   */
  value(at: number, id: number): unknown {
    const given = (this.given[at] ??= []);
    const known = given[id];
    if (known !== undefined) return known;
    const { values } = this.leaf(at);
    return (given[id] = values.isScalar ? values.value(id) : copyOf(values.value(id)));
  }

  /** The elements of a list with their counts, in the order that every process gives them. */
  ordered(at: number, list: number): readonly Entry<unknown>[] {
    let orders = this.orders[at];
    if (orders === undefined || orders.size > MAX_ORDERS) this.orders[at] = orders = new Map<number, readonly Entry<unknown>[]>();
    let ordered = orders.get(list);
    if (ordered === undefined) {
      const { values } = this.leaf(at);
      const entries = this.lists.entries(list).map(([e, count]) => ({ element: this.value(at, e), count, text: values.orderText(e) }));
      ordered = entries.sort((a, b) => (a.text < b.text ? -1 : 1));
      orders.set(list, ordered);
    }
    return ordered;
  }
}
