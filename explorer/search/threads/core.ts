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

/** What large tables start with: as long as they are sparse, most of it is untouched and takes no memory. */
const FIRST_SLOTS = 1 << 16;

/** Bytes of the budget to one reserved id. Together the tables reserve about twice the budget, since no one knows which will need most. */
const STATE_SHARE = 12;
const INNER_SHARE = 40;
const LEAF_SHARE = 40;

/** Less than this is not reserved, however small the budget: a search must get as far as to notice it. */
const LEAST_BYTES = 4e6;

const reserve = (budget: number, shared: boolean): Memory => {
  const bytes = Math.max(budget, LEAST_BYTES);
  const states = Math.min(2 ** 30, Math.ceil(bytes / STATE_SHARE));
  const parentsBytes = 4 * Math.ceil(states / BLOCK + 1);
  return {
    texts: shared ? reserveTexts(Math.min(2 ** 31, Math.ceil(bytes / 16)), Math.ceil(bytes / 512)) : undefined,
    cells: reservePairs(bytes / LEAF_SHARE, { shared, firstId: 1, slots: FIRST_SLOTS }),
    nodes: reservePairs(bytes / LEAF_SHARE, { shared, firstId: 1, slots: FIRST_SLOTS }),
    inner: reservePairs(bytes / INNER_SHARE, { shared, firstId: 1, slots: FIRST_SLOTS }),
    states: reservePairs(states, { shared, firstId: 0, slots: FIRST_SLOTS }),
    blockParents: reserveBytes(parentsBytes),
  };
};

/** Memory of finished searches, for the next of the same kind: the collector is slow to give address space back. */
const spare = new Map<string, Memory>();
const kindOf = (bytes: number, shared: boolean): string => `${String(bytes)} ${String(shared)}`;

/** Reserves address space for a budget in bytes; only what is used takes memory. Throws LockstepError "usage" when there is not so much. */
export const reserveMemory = (bytes: number, shared: boolean): Memory => {
  const kind = kindOf(bytes, shared);
  const known = spare.get(kind);
  if (known !== undefined) {
    spare.delete(kind);
    return known;
  }
  try {
    return reserve(bytes, shared);
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
export const releaseMemory = (bytes: number, memory: Memory): void => {
  if (memory.texts !== undefined) clearTexts(memory.texts);
  for (const table of [memory.cells, memory.nodes, memory.inner, memory.states]) clearPairs(table);
  spare.clear();
  spare.set(kindOf(bytes, memory.states.shared), memory);
};

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
  ) {
    this.texts = new TextTable(memory.texts);
    this.cells = new PairTable(memory.cells);
    this.nodes = new PairTable(memory.nodes);
    this.inner = new PairTable(memory.inner);
    this.states = new PairTable(memory.states);
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
