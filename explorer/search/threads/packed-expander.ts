/** The hot loop over packed states: walks the decision trees, and writes the bits of the successors. */
import { SpecError } from "../../../specs/language/errors.ts";
import { Intake } from "./intake.ts";
import type { IntakeParts } from "./intake.ts";
import { VERB } from "../relation/packed-relation.ts";
import type { PackedRelation } from "../relation/packed-relation.ts";

export class PackedExpander extends Intake {
  /** The state that is being expanded. */
  private id = 0;

  constructor(
    private readonly parts: IntakeParts,
    private readonly relation: PackedRelation,
  ) {
    super(parts);
  }

  protected beginPortion(): void {
    this.relation.trim();
    this.relation.expanded = this.expanded;
  }

  /** Nothing is looked up ahead. */
  protected lookUp(): void {
    return;
  }

  protected expandState(_: number, id: number): void {
    const { relation, state } = this;
    const { groups, graph, givesLists } = relation;
    this.id = id;
    for (let g = 0; g < groups.length; g++) {
      const group = groups[g] ?? 0;
      const list = givesLists.data[group] === 1 ? graph.find(group, state, 0) : 0; // most often that is all
      if (list !== 0) this.successors(list);
      else relation.forEachList(group, state, 0, this.visit);
    }
  }

  private readonly visit = (list: number): void => this.successors(list);

  private successors(list: number): void {
    const { width, state, batch, relation, id } = this;
    const { data } = relation.flat;
    let at = list + 1;
    for (let count = data[list] ?? 0; count > 0; count--) {
      const base = this.waiting * width;
      for (let i = 0; i < width; i++) batch[base + i] = state[i] ?? 0;
      const action = data[at] ?? 0;
      let changed = 0;
      const end = at + 2 + 3 * (data[at + 1] ?? 0);
      for (at += 2; at < end; at += 3) {
        const word = data[at] ?? 0;
        if (word >= VERB) break;
        batch[base + word] = ((batch[base + word] ?? 0) & (data[at + 1] ?? 0)) | (data[at + 2] ?? 0);
        changed |= 1 << word;
      }
      this.count(action);
      if (at < end) changed |= this.changeCollections(at, end, base, action);
      at = end;
      this.enqueue(id, action, changed);
    }
  }

  /** Returns the words that changed. A successor of which a change makes no sense gives way to its parent, which is known. */
  private changeCollections(from: number, end: number, base: number, action: number): number {
    const { relation, batch, width, id } = this;
    let changed = 0;
    try {
      for (let at = from; at < end; at += 3) {
        const word = relation.flat.get(at) - VERB;
        batch[base + word] = relation.changed(relation.flat.get(at + 1), batch[base + word] ?? 0, relation.flat.get(at + 2));
        changed |= 1 << word;
      }
      return changed;
    } catch (error) {
      const fault = this.parts.runner.failureLater(action, error);
      if (!(fault instanceof SpecError)) throw fault;
      this.parts.findings.fault(id, false, fault);
      batch.set(this.state.subarray(0, width), base);
      return 0;
    }
  }

  protected complete(): void {
    return;
  }
}
