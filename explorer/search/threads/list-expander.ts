/**
 * The hot loop over clusters: finds the successor lists of the groups of states that were taken apart, and puts the
 * successors together.
 */
import { SpecError } from "../../../specs/language/errors.ts";
import { Intake } from "./intake.ts";
import type { IntakeParts } from "./intake.ts";
import type { FoundLists, SuccessorLists } from "../relation/successor-lists.ts";

export class ListExpander extends Intake {
  /** The lists of the groups of the chunk, as far as they are known. */
  private readonly found: readonly FoundLists[];
  /** Changes of clusters in the batch that are still to be made: where, and which. */
  private due = 0;
  private readonly dueAt: Uint32Array;
  private readonly dueChanges: Uint32Array;

  constructor(
    private readonly parts: IntakeParts,
    private readonly lists: SuccessorLists,
  ) {
    super(parts);
    const { batch, chunk } = parts.tuning;
    this.found = lists.groups.map(() => ({ starts: new Uint32Array(chunk), counts: new Uint32Array(chunk) }));
    this.dueAt = new Uint32Array(batch * this.n);
    this.dueChanges = new Uint32Array(batch * this.n);
  }

  protected beginPortion(): void {
    this.lists.trim();
  }

  protected lookUp(size: number): void {
    const { groups } = this.lists;
    for (let g = 0; g < groups.length; g++) {
      const group = groups[g];
      const found = this.found[g];
      if (group !== undefined && found !== undefined) this.lists.findKnown(group, this.chunk, this.width, size, found);
    }
  }

  protected expandState(k: number, id: number): void {
    for (let g = 0; g < this.lists.groups.length; g++) this.expandGroup(g, k, id);
  }

  /** The successors by one group of the present state, the k-th of the chunk. */
  private expandGroup(g: number, k: number, id: number): void {
    const { lists } = this;
    const group = lists.groups[g];
    const found = this.found[g];
    if (group === undefined || found === undefined) return;
    const known = found.starts[k] ?? 0;
    if (known !== 0) {
      this.successors(id, known - 1, found.counts[k] ?? 0);
      return;
    }
    lists.find(group, this.state);
    const { start } = lists;
    this.successors(id, start, lists.count);
    lists.release(group, start);
  }

  private successors(id: number, start: number, count: number): void {
    const { lists } = this;
    const { runner } = this.parts;
    const { width, state, batch, dueAt, dueChanges } = this;
    const actions = runner.actionIds.data;
    let at = start;
    for (let c = count; c > 0; c--) {
      const { data } = lists.arena;
      const base = this.waiting * width;
      for (let i = 0; i < width; i++) batch[base + i] = state[i] ?? 0;
      const binding = data[at] ?? 0;
      const header = data[at + 1] ?? 0;
      let changed = 0;
      let o = at + 2;
      for (let w = header & 0xffff; w > 0; w--, o += 2) {
        const i = data[o] ?? 0;
        batch[base + i] = data[o + 1] ?? 0;
        changed |= 1 << i;
      }
      for (let k = header >>> 16; k > 0; k--, o += 2) {
        const i = data[o] ?? 0;
        dueAt[this.due] = base + i;
        dueChanges[this.due++] = data[o + 1] ?? 0;
        changed |= 1 << i;
      }
      at = o;
      const action = actions[binding] ?? 0;
      this.count(action);
      this.enqueue(id, action, changed);
    }
  }

  /** Makes the changes that are due. */
  protected complete(): void {
    const { lists } = this;
    const { batch, dueAt, dueChanges, due } = this;
    let k = 0;
    this.due = 0;
    while (k < due)
      try {
        for (; k < due; k++) {
          const at = dueAt[k] ?? 0;
          batch[at] = lists.apply(batch[at] ?? 0, dueChanges[k] ?? 0);
        }
      } catch (error) {
        this.dropSuccessor(Math.floor((dueAt[k++] ?? 0) / this.width), error);
      }
  }

  /** A change made no sense in this state, though its action was run in another: the successor gives way to its parent, which is known. */
  private dropSuccessor(i: number, error: unknown): void {
    const fault = this.parts.runner.failureLater(this.actions[i] ?? 0, error);
    if (!(fault instanceof SpecError) || i === this.waiting) throw fault;
    const parent = this.parents[i] ?? 0;
    this.parts.findings.fault(parent, false, fault);
    this.parts.tree.load(parent, this.parent);
    this.batch.set(this.parent, i * this.width);
  }
}
