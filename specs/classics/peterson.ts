/**
 * Peterson's algorithm for n processes ("Myths About the Mutual Exclusion Problem", 1981), statement for statement as in
 * SPIN's `petersonN`: a process climbs n - 1 levels; at each it waits until no other is as high, or another came later.
 * Each statement of a process, and each look at one other process, is an atomic step.
 */
import { int, map, mapOf, oneOf, ordered, range, system } from "../language/index.ts";
import type { Index, ScopeOf } from "../language/index.ts";

type Constants = { readonly processes: number };
const processes = (c: Constants): readonly Index[] => range(1, c.processes);
const Process = ordered("Process", processes);
const Level = int(0, (c: Constants) => c.processes - 1);

const labels = [
  "start", "outer", "setFlag", "setTurn", "startInner", "inner", "skip", "compare", "wait", "next", "up", "enter", "critical", "leave", "reset",
] as const; // prettier-ignore

const algorithm = system({
  name: "peterson",
  constants: { processes: { default: 3, min: 2, max: 5 } },
  variables: {
    /** The label where each process is. */
    pc: map(Process, oneOf(...labels)),
    /** The process that it looks at next, from 0. */
    j: map(
      Process,
      int(0, (c: Constants) => c.processes),
    ),
    /** The level that the process is at. */
    k: map(Process, Level),
    /** The level that the others see. */
    flag: map(Process, Level),
    /** The process, from 0, that came last to each level. */
    turn: map(Level, Level),
    /** Processes in the critical section. */
    critical: int(0, (c: Constants) => c.processes),
  },
});

type Scope = ScopeOf<typeof algorithm>;
type OfProcess = Scope & { readonly p: Index };
type Next = OfProcess["now"] extends infer State ? { -readonly [K in keyof State]: State[K] } : never;
