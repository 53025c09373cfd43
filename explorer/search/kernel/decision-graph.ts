/**
 * Decision trees over rows of words, many in one array: an inner node looks at some bits of a word, its children lie side
 * by side; where the bits may have too many values, or the answer is not a matter of bits, children are found by hash.
 * What the bits mean is not known here.
 */
import { MemoTable } from "./memo-table.ts";

/** Nodes of more bits have no table of children. */
const MAX_TABLE_BITS = 6;

/** What a node looks at. `question` ≥ 0 is asked of the word by `ask`, else its masked bits are the answer. */
export interface Test {
  readonly word: number;
  readonly shift: number;
  /** After the shift. */
  readonly mask: number;
  readonly question: number;
}

/** A node: the word, the shift, the mask; then a child to each value. Of hashed nodes the mask is 0, and the mask and the question follow. */
const HEAD = 3;
const HASHED_NODE = 5;

export class DecisionGraph {
  private nodes = new Int32Array(1 << 12);
  private top = 1;
  /** By tree: its first node, or minus its result. */
  private roots = new Int32Array(1 << 8);
  private count = 0;
  private readonly edges = new MemoTable();

  constructor(private readonly ask: (question: number, word: number) => number) {}

  addTree(): number {
    const tree = this.count++;
    if (tree >= this.roots.length) {
      const roots = new Int32Array(2 * this.roots.length);
      roots.set(this.roots);
      this.roots = roots;
    }
    return tree;
  }

  get bytes(): number {
    return 4 * this.top + this.edges.bytes;
  }

  /** Forgets what all trees have learnt. */
  clear(): void {
    this.top = 1;
    this.roots.fill(0);
    this.edges.clear();
  }

  /** Forgets what one tree has learnt. */
  cut(tree: number): void {
    this.roots[tree] = 0;
  }

  /** The result, above 0, for the words at `base`; 0 where it is not known. */
  find(tree: number, words: Uint32Array, base: number): number {
    const { nodes } = this;
    let at = this.roots[tree] ?? 0;
    while (at > 0) {
      const mask = nodes[at + 2] ?? 0;
      const word = words[base + (nodes[at] ?? 0)] ?? 0;
      if (mask === 0) at = this.edges.get(at, this.answer(at, word)) | 0;
      else at = nodes[at + HEAD + ((word >>> (nodes[at + 1] ?? 0)) & mask)] ?? 0;
    }
    return -at | 0; // and not -0
  }

  /** What a hashed node looks at. */
  private answer(at: number, word: number): number {
    const { nodes } = this;
    const question = nodes[at + 4] ?? -1;
    return (question >= 0 ? this.ask(question, word) : (word >>> (nodes[at + 1] ?? 0)) & (nodes[at + 3] ?? 0)) >>> 0;
  }

  /** Remembers a result under these tests of the words at `base`. False if other tests led here before. */
  insert(tree: number, tests: readonly Test[], words: Uint32Array, base: number, result: number): boolean {
    let from = 0; // the node above, and its answer
    let answer = 0;
    for (const test of tests) {
      let at = from === 0 ? (this.roots[tree] ?? 0) : this.child(from, answer);
      if (at < 0) return false;
      if (at === 0) {
        at = this.add(test);
        this.link(tree, from, answer, at);
      } else if (!this.isSame(at, test)) return false;
      from = at;
      const word = words[base + test.word] ?? 0;
      answer = this.nodes[at + 2] === 0 ? this.answer(at, word) : (word >>> test.shift) & test.mask;
    }
    const before = from === 0 ? (this.roots[tree] ?? 0) : this.child(from, answer);
    if (before > 0) return false;
    this.link(tree, from, answer, -result);
    return true;
  }

  private add({ word, shift, mask, question }: Test): number {
    const isTable = question < 0 && mask >= 0 && mask < 1 << MAX_TABLE_BITS;
    const size = isTable ? HEAD + mask + 1 : HASHED_NODE;
    const at = this.top;
    this.top += size;
    if (this.top > this.nodes.length) {
      const nodes = new Int32Array(2 * this.nodes.length + size);
      nodes.set(this.nodes);
      this.nodes = nodes;
    }
    this.nodes.fill(0, at, this.top);
    this.nodes.set(isTable ? [word, shift, mask] : [word, shift, 0, mask, question], at);
    return at;
  }

  private isSame(at: number, { word, shift, mask, question }: Test): boolean {
    const { nodes } = this;
    if (nodes[at] !== word || nodes[at + 1] !== shift) return false;
    return nodes[at + 2] === 0 ? nodes[at + 3] === mask && nodes[at + 4] === question : nodes[at + 2] === mask && question < 0;
  }

  private child(at: number, answer: number): number {
    return this.nodes[at + 2] === 0 ? this.edges.get(at, answer) | 0 : (this.nodes[at + HEAD + answer] ?? 0);
  }

  private link(tree: number, from: number, answer: number, to: number): void {
    if (from === 0) this.roots[tree] = to;
    else if (this.nodes[from + 2] === 0) this.edges.set(from, answer, to >>> 0);
    else this.nodes[from + HEAD + answer] = to;
  }
}
