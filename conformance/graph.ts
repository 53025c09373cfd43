/**
 * The reachable states and steps of a small model, with the shortest way to each, as tours need them. Symmetry and
 * reductions are off: an engine has neither. Slow and plain, on the interpreter.
 */
import { holds, initialStates, stateText } from "../explorer/interpret/index.ts";
import type { SpecInstance, State } from "../specs/language/instantiate.ts";
import { bindingsIn } from "./bindings.ts";
import type { Binding } from "./bindings.ts";

export interface Edge extends Binding {
  readonly index: number;
  readonly from: number;
  readonly to: number;
}

export interface Node {
  readonly index: number;
  readonly state: State;
  /** Steps from an initial state. */
  readonly depth: number;
  /** The last edge of a shortest way here; undefined for an initial state. */
  readonly via: Edge | undefined;
  readonly out: Edge[];
}

export interface Graph {
  readonly nodes: readonly Node[];
  readonly edges: readonly Edge[];
}

class Exploration {
  readonly nodes: Node[] = [];
  readonly edges: Edge[] = [];
  private readonly byText = new Map<string, Node>();

  constructor(private readonly instance: SpecInstance) {}

  nodeOf(state: State, depth: number, via: Edge | undefined): Node {
    const text = stateText(this.instance, state);
    const known = this.byText.get(text);
    if (known !== undefined) return known;
    const node: Node = { index: this.nodes.length, state, depth, via, out: [] };
    this.nodes.push(node);
    this.byText.set(text, node);
    return node;
  }

  /** As in the search, a state where a constraint is false has no successors. */
  expand(node: Node): void {
    if (this.instance.constraints.some((c) => !holds(this.instance, c, node.state))) return;
    for (const binding of bindingsIn(this.instance, node.state).enabled) {
      const [from, index, to] = [node.index, this.edges.length, this.nodes.length];
      const tentative: Edge = { index, from, to, action: binding.action, arguments: binding.arguments };
      const target = this.nodeOf(binding.successor(), node.depth + 1, tentative);
      const edge = target.via === tentative ? tentative : { ...tentative, to: target.index };
      this.edges.push(edge);
      node.out.push(edge);
    }
  }
}

/** Breadth-first, to the end. Throws SpecError when the spec misbehaves. */
export const graphOf = (instance: SpecInstance): Graph => {
  const exploration = new Exploration(instance);
  for (const state of initialStates(instance)) exploration.nodeOf(state, 0, undefined);
  // The list grows while it is gone through.
  for (const node of exploration.nodes) exploration.expand(node);
  return { nodes: exploration.nodes, edges: exploration.edges };
};

/** The edges of a shortest way to the node, from an initial state. */
export const wayTo = (graph: Graph, node: Node): readonly Edge[] => {
  const way: Edge[] = [];
  for (let at: Node | undefined = node; at?.via !== undefined; at = graph.nodes[at.via.from]) way.push(at.via);
  return way.reverse();
};
