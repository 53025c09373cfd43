/**
 * Which edge a tour takes next: every edge once at least, pairs of edges around named actions in a row, with few fresh
 * starts. Greedy: what is next to here and still to be done, else the nearest such place if it is nearer than a fresh
 * start, else a fresh start by a shortest way. A model whose bounds end every behaviour needs many.
 */
import { wayTo } from "./graph.ts";
import type { Edge, Graph, Node } from "./graph.ts";

/** How far the nearest uncovered edge is looked for before a fresh start is taken instead. */
const MAX_VISITED = 400;

export type Move = { readonly kind: "start"; readonly at: Node } | { readonly kind: "edge"; readonly edge: Edge };

interface Pair {
  readonly first: Edge;
  readonly second: Edge;
}

export class Itinerary {
  private readonly covered: Uint8Array;
  /** Those that are sought, and by their keys those that are still open. */
  private readonly pairs: readonly Pair[];
  private readonly openPairs: Set<number>;
  /** Of all pairs around the actions. */
  private pairCount = 0;
  /** How many uncovered edges leave a node. */
  private readonly open: Uint32Array;
  private readonly edgesByDepth: readonly Edge[];
  private nextEdge = 0;
  private nextPair = 0;
  private planned: Edge[] = [];
  private at: Node | undefined;
  private last: Edge | undefined;
  private coveredEdgeCount = 0;

  /** Seeks the pairs of edges in a row of which one is of a named action, at most `maxPairs` of them. */
  constructor(
    private readonly graph: Graph,
    private readonly pairsAround: readonly string[] = [],
    maxPairs = 100_000,
  ) {
    this.covered = new Uint8Array(graph.edges.length);
    this.open = Uint32Array.from(graph.nodes, (n) => n.out.length);
    const depth = (e: Edge): number => graph.nodes[e.from]?.depth ?? 0;
    this.edgesByDepth = [...graph.edges].sort((a, b) => depth(a) - depth(b) || a.index - b.index);
    this.pairs = this.pairsOf(maxPairs);
    this.openPairs = new Set(this.pairs.map(({ first, second }) => this.pairKey(first, second)));
  }

  private pairsOf(maxPairs: number): readonly Pair[] {
    if (this.pairsAround.length === 0) return [];
    const named = (e: Edge): boolean => this.pairsAround.includes(e.action);
    const pairs: Pair[] = [];
    for (const first of this.edgesByDepth)
      for (const second of this.graph.nodes[first.to]?.out ?? []) {
        if (!named(first) && !named(second)) continue;
        this.pairCount += 1;
        if (pairs.length < maxPairs) pairs.push({ first, second });
      }
    return pairs;
  }

  get edgesCovered(): number {
    return this.coveredEdgeCount;
  }
  get pairsCovered(): number {
    return this.pairs.length - this.openPairs.size;
  }
  get pairsTotal(): number {
    return this.pairCount;
  }

  private pairKey(first: Edge, second: Edge): number {
    return first.index * this.graph.edges.length + second.index;
  }
  private isWantedPair(first: Edge | undefined, second: Edge): boolean {
    return first !== undefined && this.openPairs.has(this.pairKey(first, second));
  }

  /** The next move; undefined when all is covered. The caller takes it. */
  next(): Move | undefined {
    const edge = this.planned.shift() ?? this.nextFromHere();
    if (edge !== undefined) {
      this.take(edge);
      return { kind: "edge", edge };
    }
    const way = this.freshStart();
    if (way === undefined) return undefined;
    const start = this.graph.nodes[way[0]?.from ?? 0];
    if (start === undefined) return undefined;
    this.planned = way;
    this.at = start;
    this.last = undefined;
    return { kind: "start", at: start };
  }

  private take(edge: Edge): void {
    if (this.covered[edge.index] === 0) {
      this.covered[edge.index] = 1;
      this.coveredEdgeCount++;
      this.open[edge.from] = (this.open[edge.from] ?? 1) - 1;
    }
    if (this.last !== undefined) this.openPairs.delete(this.pairKey(this.last, edge));
    this.last = edge;
    this.at = this.graph.nodes[edge.to];
  }

  private nextFromHere(): Edge | undefined {
    const here = this.at;
    if (here === undefined) return undefined;
    const adjacent =
      here.out.find((e) => this.isWantedPair(this.last, e)) ?? here.out.find((e) => this.covered[e.index] === 0 && e.to !== e.from);
    const loop = here.out.find((e) => this.covered[e.index] === 0);
    // A step that changes nothing costs nothing: first.
    if (loop !== undefined && loop.to === loop.from) return loop;
    if (adjacent !== undefined) return adjacent;
    const [edge, ...rest] = this.nearest(here);
    this.planned = rest;
    return edge;
  }

  /** The way to the nearest node with an uncovered edge, that edge included; empty if a fresh start is no longer. */
  private nearest(here: Node): readonly Edge[] {
    const wanted = this.edgesByDepth[this.skipCoveredEdges()];
    if (wanted === undefined) return [];
    const limit = (this.graph.nodes[wanted.from]?.depth ?? 0) + 1;
    const reached = new Map<number, Edge | undefined>([[here.index, undefined]]);
    let frontier: readonly Node[] = [here];
    for (let distance = 0; distance < limit && frontier.length > 0 && reached.size < MAX_VISITED; distance++) {
      const following: Node[] = [];
      for (const node of frontier) {
        const uncovered = (this.open[node.index] ?? 0) > 0 ? node.out.find((e) => this.covered[e.index] === 0) : undefined;
        if (uncovered !== undefined) return [...this.wayBack(reached, node), uncovered];
        for (const edge of node.out) {
          const target = this.graph.nodes[edge.to];
          if (target === undefined || reached.has(edge.to)) continue;
          reached.set(edge.to, edge);
          following.push(target);
        }
      }
      frontier = following;
    }
    return [];
  }
  private wayBack(reached: ReadonlyMap<number, Edge | undefined>, to: Node): Edge[] {
    const way: Edge[] = [];
    for (let edge = reached.get(to.index); edge !== undefined; edge = reached.get(edge.from)) way.push(edge);
    return way.reverse();
  }

  private skipCoveredEdges(): number {
    for (let edge = this.edgesByDepth[this.nextEdge]; edge !== undefined && this.covered[edge.index] === 1;)
      edge = this.edgesByDepth[++this.nextEdge];
    return this.nextEdge;
  }
  private freshStart(): Edge[] | undefined {
    const edge = this.edgesByDepth[this.skipCoveredEdges()];
    if (edge !== undefined) return [...this.wayToSource(edge), edge];
    for (let pair = this.pairs[this.nextPair]; pair !== undefined; pair = this.pairs[++this.nextPair])
      if (this.openPairs.has(this.pairKey(pair.first, pair.second))) return [...this.wayToSource(pair.first), pair.first, pair.second];
    return undefined;
  }
  private wayToSource(edge: Edge): readonly Edge[] {
    const source = this.graph.nodes[edge.from];
    return source === undefined ? [] : wayTo(this.graph, source);
  }
}
