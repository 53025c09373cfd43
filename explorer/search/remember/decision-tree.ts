/**
 * Remembered results of pure functions of a state, keyed by what they observed. A function asks its first question, and
 * its next one depends only on the answers so far; so its runs form a tree: inner nodes are observations, edges are
 * answers, leaves are results. To look a result up is to ask the same questions of the present state.
 */
import { GrowingArray, MemoTable } from "../kernel/memo-table.ts";
import type { Observer } from "../tracked/observer.ts";

export const MISS = 0xffffffff;

/** Numbers per node. What a node asks is kept in it, and the answer that came last, with the child that it leads to. */
const NODE = 8;
/** 0 while unknown, RESULT at a leaf, else the observation + 1. */
const WHAT = 0;
const RESULT = 0xffffffff;
const LEAF = 1;
const QUESTION = 2;
const DETAIL = 3;
const LAST_ANSWER = 4;
const LAST_CHILD = 5;
/** At a leaf. */
const VALUE = 1;

export class DecisionTree {
  private readonly nodes = new GrowingArray();
  private readonly edges = new MemoTable(1 << 12);
  /** Node 0 is never used. */
  private count = 1;

  constructor(private readonly observer: Observer) {}

  get size(): number {
    return this.count;
  }

  addRoot(): number {
    return this.addNode();
  }

  private addNode(): number {
    const node = this.count++;
    this.nodes.reserve((node + 1) * NODE);
    this.nodes.data.fill(0, node * NODE, (node + 1) * NODE);
    return node;
  }

  /** The remembered result for the present state, or MISS. */
  lookup(root: number): number {
    const { observer, edges } = this;
    const { data } = this.nodes;
    let at = root * NODE;
    for (;;) {
      const what = data[at + WHAT] ?? 0;
      if (what === RESULT) return data[at + VALUE] ?? 0;
      if (what === 0) return MISS;
      const answer = observer.evaluate(data[at + LEAF] ?? 0, data[at + QUESTION] ?? 0, data[at + DETAIL] ?? 0);
      let child = data[at + LAST_CHILD] ?? 0;
      if (child === 0 || data[at + LAST_ANSWER] !== answer) {
        child = edges.get(at, answer);
        if (child === 0) return MISS;
        data[at + LAST_ANSWER] = answer;
        data[at + LAST_CHILD] = child;
      }
      at = child * NODE;
    }
  }

  /** The observations that a lookup of the present state makes, in order. */
  path(root: number): number[] {
    const { observer, edges, nodes } = this;
    const path: number[] = [];
    let at = root * NODE;
    for (;;) {
      const what = nodes.get(at + WHAT);
      if (what === RESULT || what === 0) return path;
      path.push(what - 1);
      at = edges.get(at, observer.answer(what - 1)) * NODE;
    }
  }

  /**
   * Remembers a result under the observations of the run that just ended. False when an earlier run observed something
   * else after the same answers, which a pure function cannot do.
   */
  insert(root: number, result: number): boolean {
    const { observer, nodes, edges } = this;
    const { seen, answers } = observer;
    let at = root * NODE;
    for (let i = 0; i < seen.length; i++) {
      const observation = seen[i] ?? 0;
      const known = nodes.get(at + WHAT);
      if (known === 0) {
        nodes.set(at + WHAT, observation + 1);
        observer.describe(observation, nodes.data, at + LEAF);
      } else if (known !== observation + 1) return false;
      const answer = answers[i] ?? 0;
      let child = edges.get(at, answer);
      if (child === 0) {
        child = this.addNode();
        edges.set(at, answer, child);
      }
      at = child * NODE;
    }
    if (nodes.get(at + WHAT) !== 0) return false;
    nodes.set(at + WHAT, RESULT);
    nodes.set(at + VALUE, result);
    return true;
  }

  clear(): void {
    this.count = 1;
    this.edges.clear();
  }

  get bytes(): number {
    return this.edges.bytes + this.count * 4 * NODE;
  }
}
