/**
 * The six numbered counterexamples of the article (Vanlightly, "Paper: VR Revisited – State Transfer (part 3)"), in its
 * order: the design that fails, the property that it fails, and the model in which the shortest behaviour is looked for.
 */
import type { Design } from "../specs/language/instantiate.ts";
import type { Counterexample } from "./counterexample.ts";
import { eager1 } from "./lessons/eager-1.ts";
import { eager2 } from "./lessons/eager-2.ts";
import { eager3 } from "./lessons/eager-3.ts";
import { lazy1 } from "./lessons/lazy-1.ts";
import { lazy2 } from "./lessons/lazy-2.ts";
import { lazy3 } from "./lessons/lazy-3.ts";

const design = (
  viewUpdate: "lazy" | "eager",
  startViewGuard: "strict" | "monotonic",
  truncate: boolean,
  transferStatus: boolean,
  newStateGuard: "higher" | "atLeast" = "higher",
): Design => ({ viewUpdate, startViewGuard, truncate, transferStatus, newStateGuard });

const majority = "AcknowledgedWritesExistOnMajority";
const lost = "AcknowledgedWriteNotLost";

export const article: readonly Counterexample[] = [
  {
    name: "eager-1",
    model: "viewstamped-replication",
    constants: { values: 2, startViewOnTimerLimit: 1 },
    design: design("eager", "monotonic", true, false),
    invariant: majority,
    length: 15,
    lesson: eager1,
  },
  {
    name: "eager-2",
    model: "viewstamped-replication",
    constants: { values: 2, startViewOnTimerLimit: 2 },
    design: design("eager", "strict", true, false),
    invariant: lost,
    length: 23,
    lesson: eager2,
  },
  {
    name: "eager-3",
    model: "viewstamped-replication",
    constants: { values: 2, startViewOnTimerLimit: 2 },
    design: design("eager", "strict", false, true),
    invariant: lost,
    length: 23,
    lesson: eager3,
  },
  {
    name: "lazy-1",
    model: "viewstamped-replication",
    constants: { values: 2, startViewOnTimerLimit: 1 },
    design: design("lazy", "monotonic", true, false),
    invariant: majority,
    length: 19,
    lesson: lazy1,
  },
  {
    name: "lazy-2",
    model: "viewstamped-replication",
    constants: { values: 3, startViewOnTimerLimit: 4 },
    design: design("lazy", "strict", true, false),
    invariant: lost,
    length: 25,
    lesson: lazy2,
  },
  {
    name: "lazy-3",
    model: "viewstamped-replication",
    constants: { values: 2, startViewOnTimerLimit: 1 },
    design: design("lazy", "strict", false, false, "atLeast"),
    invariant: majority,
    length: 19,
    lesson: lazy3,
  },
];
