/**
 * Before a search, a short breadth-first run on plain vectors of leaves finds out which variables each process reads
 * only its own part of. That decides the layout of states: a matter of speed alone.
 */
import { SpecError } from "../../../specs/language/errors.ts";
import type { Binding } from "../remember/binding.ts";
import type { Core } from "./core.ts";

/** Bindings of actions by what process they belong to: `Replica 2`, or "" for no process in particular. */
export const unitsByProcess = (core: Core): Map<string, Binding[]> => {
  const processes = new Set(core.leaves.filter((l) => l.keySet !== undefined).map((l) => `${l.keySet ?? ""} ${String(l.key)}`));
  const units = new Map<string, Binding[]>();
  const add = (name: string, binding: Binding): void => {
    const known = units.get(name);
    if (known) known.push(binding);
    else units.set(name, [binding]);
  };
  core.instance.actions.forEach((action, i) => {
    const root = core.runner.roots[i];
    if (root === undefined) return;
    const first = action.parameters[0];
    if (first?.kind !== "static" || first.set === undefined || root.choices === undefined) {
      add("", root);
      return;
    }
    for (const choice of root.choices) {
      const name = `${first.set} ${String(choice.arguments[first.name])}`;
      add(processes.has(name) ? name : "", choice);
    }
  });
  return units;
};

const withinConstraints = ({ instance, observer, scope }: Core, ids: Uint32Array): boolean => {
  observer.ids.set(ids);
  return instance.constraints.every((c) => c.test(scope) === true);
};

export interface Reads {
  /** The variables with a part per process that, as far as the warm-up saw, each process reads its own part of only. */
  readonly privateVariables: ReadonlySet<string>;
  /** The leaves that each process was seen to read. */
  readonly leavesOf: ReadonlyMap<string, ReadonlySet<number>>;
}

/** Looks at so many states at most, and calls `poll` before each. */
export const warmUp = (
  core: Core,
  units: ReadonlyMap<string, readonly Binding[]>,
  states: number,
  poll: () => void = () => undefined,
): Reads => {
  const { leaves, observer, runner, codec, instance } = core;
  const isPrivate = new Set(leaves.filter((l) => l.keySet !== undefined).map((l) => l.variable));
  const read = new Map([...units.keys()].map((name) => [name, new Set<number>()]));
  let process = "";
  runner.onObserved = (observations) => {
    for (const o of observations) {
      const leaf = observer.leaf(observer.leafIndex(o));
      read.get(process)?.add(leaf.index);
      if (leaf.keySet !== undefined && `${leaf.keySet} ${String(leaf.key)}` !== process) isPrivate.delete(leaf.variable);
    }
  };
  const seen = new Set<string>();
  const queue: Uint32Array[] = [];
  const visit = (ids: Uint32Array): void => {
    const key = ids.join(" ");
    if (seen.has(key)) return;
    seen.add(key);
    queue.push(ids);
  };
  for (const state of instance.init) {
    if (seen.size >= states) break;
    visit(codec.encode(state));
  }
  const lookAround = (): void => {
    for (let ids = queue.shift(); ids !== undefined && seen.size < states; ids = queue.shift()) {
      poll();
      if (!withinConstraints(core, ids)) continue;
      for (const [name, bindings] of units) {
        process = name;
        for (const unit of bindings) for (const successor of successorsOf(core, unit, ids)) visit(successor.ids);
      }
    }
  };
  try {
    lookAround();
  } catch (error) {
    // What is run ahead decides nothing: the search comes to this state by itself, if nothing ends it before.
    if (!(error instanceof SpecError)) throw error;
  }
  runner.onObserved = undefined;
  return { privateVariables: isPrivate, leavesOf: read };
};

/**
 * Joins the units of processes that read nothing but what another one reads too (say, a step of the environment that
 * looks at shared variables only): one look-up then serves both.
 */
export const joinUnits = (
  units: ReadonlyMap<string, readonly Binding[]>,
  reads: Reads,
  clusterOfLeaf: ArrayLike<number>,
): { readonly name: string; readonly units: readonly Binding[]; readonly clusters: ReadonlySet<number> }[] => {
  const clusters = (name: string): Set<number> => new Set([...(reads.leavesOf.get(name) ?? [])].map((leaf) => clusterOfLeaf[leaf] ?? 0));
  const joined = new Map(units);
  for (const name of units.keys()) {
    const own = clusters(name);
    const host = [...joined.keys()].find((other) => other !== name && [...own].every((c) => clusters(other).has(c)));
    const bindings = joined.get(name);
    if (host === undefined || bindings === undefined || clusters(host).size === own.size) continue;
    joined.set(host, [...(joined.get(host) ?? []), ...bindings]);
    joined.delete(name);
  }
  return [...joined].map(([name, bindings]) => ({ name, units: bindings, clusters: clusters(name) }));
};

/** The successors of a vector of leaves by one unit, each with the binding that made it. */
export const successorsOf = (core: Core, unit: Binding, ids: Uint32Array): { readonly binding: Binding; readonly ids: Uint32Array }[] => {
  const { observer, runner, changes } = core;
  observer.ids.set(ids);
  const successors: { binding: Binding; ids: Uint32Array }[] = [];
  runner.forEachEnabled(unit, (binding, effect) => {
    const next = ids.slice();
    for (const [leaf, change] of effect) next[leaf] = changes.apply(observer.leaf(leaf), next[leaf] ?? 0, change);
    successors.push({ binding, ids: next });
  });
  return successors;
};
