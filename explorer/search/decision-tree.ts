/**
 * Remembered results of pure functions of a state, keyed by what they observed. A function asks its first question, and
 * its next one depends only on the answers so far; so its runs form a tree: inner nodes are observations, edges are
 * answers, leaves are results. To look a result up is to ask the same questions of the present state.
 */
import { GrowingArray, MemoTable } from "./memo-table.ts";
import type { Observer } from "./observer.ts";

export const MISS = 0xffffffff;
const RESULT = 0xffffffff;

export class DecisionTree {
  /** Per node: 0 while unknown, RESULT at a leaf, else the observation + 1. */
  private readonly observation = new GrowingArray();
  private readonly result = new GrowingArray();
  private readonly edges = new MemoTable(1 << 12);
  /** Node 0 is never used. */
  private nodes = 1;

  constructor(private readonly observer: Observer) {}

  get size(): number {
    return this.nodes;
  }

  addRoot(): number {
    return this.addNode();
  }

  private addNode(): number {
    const node = this.nodes++;
    this.observation.set(node, 0);
    this.result.set(node, 0);
    return node;
  }

  /** The remembered result for the present state, or MISS. */
  lookup(root: number): number {
    let node = root;
    for (;;) {
      const what = this.observation.get(node);
      if (what === RESULT) return this.result.get(node);
      if (what === 0) return MISS;
      node = this.edges.get(node, this.observer.answer(what - 1));
      if (node === 0) return MISS;
    }
  }

  /**
   * Remembers a result under the observations of the run that just ended. False when an earlier run observed something
   * else after the same answers, which a pure function cannot do.
   */
  insert(root: number, result: number): boolean {
    const { seen, answers } = this.observer;
    let node = root;
    for (let i = 0; i < seen.length; i++) {
      const observation = (seen[i] ?? 0) + 1;
      const known = this.observation.get(node);
      if (known === 0) this.observation.set(node, observation);
      else if (known !== observation) return false;
      const answer = answers[i] ?? 0;
      let child = this.edges.get(node, answer);
      if (child === 0) {
        child = this.addNode();
        this.edges.set(node, answer, child);
      }
      node = child;
    }
    if (this.observation.get(node) !== 0) return false;
    this.observation.set(node, RESULT);
    this.result.set(node, result);
    return true;
  }

  clear(): void {
    this.nodes = 1;
    this.edges.clear();
  }

  get bytes(): number {
    return this.edges.bytes + this.nodes * 8;
  }
}
