/**
 * Viewstamped Replication Revisited with state transfer: the published design, and the lattice of designs of the
 * article (Vanlightly, "VR Revisited: state transfer, part 3"), each in the smallest model that shows its verdict.
 * Timers and values are bounded, so every behaviour ends: a state without successors is no deadlock.
 */
import type { Design } from "../specs/language/instantiate.ts";
import { viewstampedReplication } from "../specs/viewstamped-replication/spec.ts";
import type { Expectation, Model, Variant } from "../explorer/model.ts";

/** The switches in the order of the article, every one named, so that a label never depends on a default. */
const design = (
  viewUpdate: "lazy" | "eager",
  startViewGuard: "strict" | "monotonic",
  truncate: boolean,
  transferStatus: boolean,
  newStateGuard: "higher" | "atLeast" | "any" = "higher",
): Design => ({ viewUpdate, startViewGuard, truncate, transferStatus, newStateGuard });

const bounds = (values: number, startViewOnTimerLimit: number) => ({ values, startViewOnTimerLimit });
const holds: Expectation = { verdict: "holds" };
/** Checks only the property that the variant is about: others may fail earlier. */
const violates = (property: string, length: number): Pick<Variant, "invariants" | "expected"> => ({
  invariants: [property],
  expected: { verdict: "violated", property, length },
});
const majority = "AcknowledgedWritesExistOnMajority";
const lost = "AcknowledgedWriteNotLost";

/** The article's counterexamples, in its order, and the design that it ends with. */
const article: readonly Variant[] = [
  {
    label: "eager 1: as the paper has it",
    constants: bounds(2, 1),
    design: design("eager", "monotonic", true, false),
    ...violates(majority, 15),
  },
  { label: "eager 2: StartView guarded", constants: bounds(2, 2), design: design("eager", "strict", true, false), ...violates(lost, 23) },
  {
    label: "eager 3: no truncation, status",
    constants: bounds(2, 2),
    design: design("eager", "strict", false, true),
    ...violates(lost, 23),
  },
  {
    label: "lazy 1: as the paper has it",
    constants: bounds(2, 1),
    design: design("lazy", "monotonic", true, false),
    ...violates(majority, 19),
  },
  {
    label: "lazy 3: state of the own view",
    constants: bounds(2, 1),
    design: design("lazy", "strict", false, false, "atLeast"),
    ...violates(majority, 19),
  },
  { label: "final", constants: bounds(2, 2), design: design("lazy", "strict", false, true), expected: holds },
];

/** Which fixes are necessary and which suffice: the final design with one or two of them taken back. */
const fixes: readonly Variant[] = [
  {
    label: "without the lazy view update",
    constants: bounds(2, 2),
    design: design("eager", "strict", false, true),
    ...violates("CommitNumberNeverHigherThanOpNumber", 21),
  },
  {
    label: "without the StartView guard",
    constants: bounds(2, 1),
    design: design("lazy", "monotonic", false, true),
    ...violates(majority, 19),
  },
  { label: "with truncation", constants: bounds(2, 2), design: design("lazy", "strict", true, true), expected: holds },
  { label: "without the status", constants: bounds(2, 2), design: design("lazy", "strict", false, false), expected: holds },
  {
    label: "with state of the own view",
    constants: bounds(2, 2),
    design: design("lazy", "strict", false, true, "atLeast"),
    expected: holds,
  },
  {
    label: "without lazy view update and status",
    constants: bounds(2, 1),
    design: design("eager", "strict", false, false),
    ...violates(majority, 20),
  },
];

export const viewstampedReplicationModel: Model = {
  name: "viewstamped-replication",
  system: "viewstamped-replication",
  title: "Viewstamped Replication Revisited, state transfer",
  spec: viewstampedReplication,
  constants: bounds(2, 1),
  allowDeadlock: true,
  expected: holds,
  variants: [...article, ...fixes],
};
