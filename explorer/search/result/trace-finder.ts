/**
 * From a state's id back to a behaviour. Parents are found again from one stored per block of states; representatives
 * (under symmetry and reductions) are then re-executed from an initial state into a concrete behaviour, each step of
 * which is a step of the spec.
 */
import { SpecError } from "../../../specs/language/errors.ts";
import type { Step } from "../../trace.ts";
import type { Binding } from "../remember/binding.ts";
import { BLOCK, HOLE } from "../kernel/pair-table.ts";
import type { SearchThread } from "../threads/thread.ts";
import { successorsOf, unitsByProcess } from "../relation/warm-up.ts";

interface ConcreteStep {
  readonly ids: Uint32Array;
  readonly binding: Binding | undefined;
}

export class TraceFinder {
  readonly units: readonly Binding[];

  constructor(
    private readonly thread: SearchThread,
    /** levels[d] is the first state id of level d + 1. */
    private readonly levels: readonly number[],
  ) {
    this.units = [...unitsByProcess(thread.core).values()].flat();
  }

  /** The ids on a shortest path from an initial state to `id`. */
  path(id: number): number[] {
    const path = [id];
    let level = this.levels.findLastIndex((first) => first <= id);
    for (let child = id; level > 0; level--) {
      child = this.parent(child, level - 1);
      path.push(child);
    }
    return path.reverse();
  }

  /** The first state of a level from its block's first parent on that has `child` among its successors. */
  private parent(child: number, level: number): number {
    const { tree, core } = this.thread;
    const end = this.levels[level + 1] ?? core.states.size;
    const vector = new Uint32Array(tree.width);
    const first = Math.max(this.levels[level] ?? 0, core.blockParents[Math.floor(child / BLOCK)] ?? 0);
    for (let id = first; id < end; id++) {
      if (core.states.data[2 * id] === HOLE) continue;
      tree.load(id, vector);
      if (this.hasSuccessor(vector, child)) return id;
    }
    throw new Error(`no parent of state ${String(child)} in level ${String(level + 1)}: the tables are damaged`);
  }

  private hasSuccessor(vector: Uint32Array, child: number): boolean {
    const { expander, tree } = this.thread;
    const looked = { found: false };
    this.thread.forEachSuccessor(vector, (successor) => {
      if (looked.found) return;
      expander.represent(successor);
      looked.found = tree.find(successor) === child;
    });
    return looked.found;
  }

  /** The representative's id of a concrete state, or -1. */
  private idOf(ids: Uint32Array): number {
    const vector = this.thread.partsOf(ids);
    this.thread.expander.represent(vector);
    return this.thread.tree.find(vector);
  }

  /** A behaviour whose states are represented by the path, then perhaps one more state that `last` accepts after the one `before`. */
  steps(path: readonly number[], last?: (ids: Uint32Array, before: Uint32Array) => boolean): Step[] {
    return this.walk(path, last).steps;
  }

  /** The same, with the leaves of the last state. */
  walk(
    path: readonly number[],
    last?: (ids: Uint32Array, before: Uint32Array) => boolean,
  ): { readonly steps: Step[]; readonly last: Uint32Array } {
    const { core, instance } = this.thread;
    const isFirst = (ids: Uint32Array): boolean => (path.length === 0 ? last?.(ids, ids) === true : this.idOf(ids) === path[0]);
    const first = instance.init.map((s) => core.codec.encode(s)).find(isFirst);
    if (first === undefined) throw new Error("a trace does not start in an initial state: the tables are damaged");
    const steps: ConcreteStep[] = [{ ids: first, binding: undefined }];
    for (const id of path.slice(1)) steps.push(this.step(steps.at(-1)?.ids ?? first, (ids) => this.idOf(ids) === id));
    if (last !== undefined && path.length > 0) {
      const before = steps.at(-1)?.ids ?? first;
      steps.push(this.step(before, (ids) => last(ids, before)));
    }
    core.runner.forget(); // what was remembered here, the successor lists have not seen being observed
    return { steps: steps.map((step) => this.stepOf(step)), last: steps.at(-1)?.ids ?? first };
  }

  private stepOf({ ids, binding }: ConcreteStep): Step {
    const action = binding && this.thread.instance.actions[binding.action];
    return {
      action: action?.name,
      arguments: binding?.arguments ?? {},
      location: action?.location ?? "",
      state: this.thread.core.codec.decode(ids),
    };
  }

  /** Another action of the same state may be at fault: that is another finding. */
  private successors(unit: Binding, ids: Uint32Array): ReturnType<typeof successorsOf> {
    try {
      return successorsOf(this.thread.core, unit, ids);
    } catch (error) {
      if (error instanceof SpecError) return [];
      throw error;
    }
  }

  private step(ids: Uint32Array, accept: (ids: Uint32Array) => boolean): ConcreteStep {
    // Units are tried in the order of the spec's actions, so that a trace does not depend on how they are grouped.
    for (const unit of this.units) {
      const found = this.successors(unit, ids).find((s) => accept(s.ids));
      if (found) return found;
    }
    throw new Error("a step of a trace cannot be re-executed: symmetry or a reduction is unsound");
  }
}
