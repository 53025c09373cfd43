/** The section of the transactional store in the index. */
import { assignmentsText } from "../cli/command-line.ts";
import type { Collection, Counterexample } from "./counterexample.ts";
import { commitCounterexamples } from "./transactional-store-commit.ts";
import { recoveryCounterexamples } from "./transactional-store-recovery.ts";

export const transactionalStoreCollection: Collection = {
  introduction: `## The transactional store

The minimal trace of each defect of a store with branches, optimistic transactions, version chains and a write-ahead log. *Design* and
*Bounds*: what differs from the model as it stands, in which every invariant holds.`,
  counterexamples: [...commitCounterexamples, ...recoveryCounterexamples],
  header: ["Model", "Design", "Bounds"],
  row: (c: Counterexample) => [c.model.slice("transactional-store/".length), assignmentsText(c.design), assignmentsText(c.constants)],
  conclusions: `What every claim of the source document comes to is in
[specs/transactional-store/NOTES.md](../specs/transactional-store/NOTES.md).`,
};
