/** What one thread needs to run a spec on states of leaf ids: tables, views, drafts, the action runner. */

import { LockstepError } from "../../../specs/language/errors.ts";
import type { CallScope, SpecInstance, State } from "../../../specs/language/instantiate.ts";
import { canonicalText } from "../../../specs/language/collections.ts";
import { ActionRunner } from "../remember/action-runner.ts";
import { Changes, Draft } from "../tracked/draft.ts";
import { LeafCodec, leavesOf } from "../tracked/leaves.ts";
import type { Leaf } from "../tracked/leaves.ts";
import { Lists } from "../kernel/lists.ts";
import { Observer } from "../tracked/observer.ts";
import { BLOCK, PairTable, clearPairs, reserveBytes, reservePairs } from "../kernel/pair-table.ts";
import type { PairMemory } from "../kernel/pair-table.ts";
import { TextTable, clearTexts, reserveTexts } from "../kernel/text-table.ts";
import type { TextMemory } from "../kernel/text-table.ts";
import { stateView } from "../tracked/views.ts";

/** The tables that threads share. */
export interface Memory {
  readonly texts: TextMemory | undefined;
  /** Cells of lists. */
  readonly cells: PairMemory;
  /** Leaves into clusters. */
  readonly nodes: PairMemory;
  /** Clusters into pairs. */
  readonly inner: PairMemory;
  /** Whole states; their ids are in breadth-first order. */
  readonly states: PairMemory;
  readonly blockParents: ArrayBufferLike;
}

/**
 * Bytes of the budget to one reserved id: at least what an id takes, with its slots. So each table could use the whole
 * budget, since no one knows which will need most; address space is all that it costs.
 */
const ID_SHARE = 12;
/** The least that a text takes by its table's account, and how often a character is counted. */
const TEXT_SHARE = 80;
const CHARACTER_SHARE = 2;

/** Less than this is not reserved, however small the budget: a search must get as far as to notice it. */
const LEAST_BYTES = 4e6;

const reserve = (budget: number, shared: boolean, slots: number): Memory => {
  const bytes = Math.max(budget, LEAST_BYTES);
  const ids = Math.min(2 ** 30, Math.ceil(bytes / ID_SHARE));
  return {
    texts: shared ? reserveTexts(Math.min(2 ** 31, Math.ceil(bytes / CHARACTER_SHARE)), Math.ceil(bytes / TEXT_SHARE)) : undefined,
    cells: reservePairs(ids, { shared, firstId: 1, slots }),
    nodes: reservePairs(ids, { shared, firstId: 1, slots }),
    inner: reservePairs(ids, { shared, firstId: 1, slots }),
    states: reservePairs(ids, { shared, firstId: 0, slots }),
    blockParents: reserveBytes(4 * Math.ceil(ids / BLOCK + 1)),
  };
};

/** Memory of finished searches, for the next of the same kind: the collector is slow to give address space back. */
const spare = new Map<string, Memory>();
const kindOf = (bytes: number, shared: boolean, slots: number): string => `${String(bytes)} ${String(shared)} ${String(slots)}`;

/** Reserves address space for a budget in bytes; only what is used takes memory. Throws LockstepError "usage" when there is not so much. */
export const reserveMemory = (bytes: number, shared: boolean, slots: number): Memory => {
  const kind = kindOf(bytes, shared, slots);
  const known = spare.get(kind);
  if (known !== undefined) {
    spare.delete(kind);
    return known;
  }
  try {
    return reserve(bytes, shared, slots);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new LockstepError(
      "usage",
      `this system does not let a process reserve ${String(Math.round(bytes / 2 ** 20))} MiB: lower the memory budget`,
      { cause: error },
    );
  }
};

/** Gives memory back when no thread uses it any more. */
export const releaseMemory = (bytes: number, slots: number, memory: Memory): void => {
  if (memory.texts !== undefined) clearTexts(memory.texts);
  for (const table of [memory.cells, memory.nodes, memory.inner, memory.states]) clearPairs(table);
  spare.clear();
  spare.set(kindOf(bytes, memory.states.shared, slots), memory);
};

/** Makes room in those of a thread's tables that need it, or throws TableFull. */
export type Room = (tables: readonly PairTable[]) => void;

export class Core {
  readonly texts: TextTable;
  readonly cells: PairTable;
  readonly nodes: PairTable;
  readonly inner: PairTable;
  readonly states: PairTable;
  readonly blockParents: Uint32Array;
  readonly lists: Lists;
  readonly leaves: readonly Leaf[];
  readonly observer: Observer;
  readonly codec: LeafCodec;
  readonly changes: Changes;
  readonly now: object;
  readonly draft: Draft;
  readonly runner: ActionRunner;
  /** What predicates are called with; `pairScope` adds the next state. */
  readonly scope: CallScope;
  readonly pairScope: CallScope;

  constructor(
    readonly instance: SpecInstance,
    memory: Memory,
    memoise: boolean,
    room: Room,
  ) {
    const makeRoom = (): void => room(this.tables);
    this.texts = new TextTable(memory.texts);
    this.cells = new PairTable(memory.cells, makeRoom);
    this.nodes = new PairTable(memory.nodes, makeRoom);
    this.inner = new PairTable(memory.inner, makeRoom);
    this.states = new PairTable(memory.states, makeRoom);
    this.blockParents = new Uint32Array(memory.blockParents);
    this.lists = new Lists(this.cells);
    this.leaves = leavesOf(instance, this.texts);
    this.observer = new Observer(this.leaves, this.lists);
    this.codec = new LeafCodec(instance, this.leaves, this.lists);
    this.changes = new Changes(this.lists);
    this.now = stateView(instance, this.observer, 0);
    this.draft = new Draft(instance, this.observer, this.lists, this.changes);
    this.runner = new ActionRunner(instance, this.observer, this.draft, this.now, this.describeState, memoise);
    const { constants, design } = instance;
    this.scope = Object.freeze({ now: this.now, constants, design });
    this.pairScope = Object.freeze({ ...this.scope, next: stateView(instance, this.observer, this.leaves.length) });
  }

  get tables(): readonly PairTable[] {
    return [this.cells, this.nodes, this.inner, this.states];
  }

  /** The state in the observer, in one line, for errors. */
  readonly describeState = (): string => describeState(this.codec.decode(this.observer.ids));

  /** Bytes of the shared tables. */
  get bytes(): number {
    return this.texts.bytes + this.tables.reduce((sum, t) => sum + t.bytes, 0) + (4 * this.states.size) / BLOCK;
  }
}

export const describeState = (state: State): string => {
  const text = canonicalText(state).replaceAll('"', "");
  return text.length > 400 ? `${text.slice(0, 397)}…` : text;
};
