/**
 * Peterson's algorithm for n processes ("Myths About the Mutual Exclusion Problem", 1981), statement for statement as in
 * SPIN's `petersonN`: a process climbs n - 1 levels; at each it waits until no other is as high, or another came later.
 * Each statement of a process, and each look at one other process, is an atomic step.
 */
import { int, map, mapOf, oneOf, ordered, range, system } from "../language/index.ts";
import type { Index, NextOf, ScopeOf } from "../language/index.ts";

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

/** A number as a key of a map. */
const index = (n: number): Index => range(n, n)[0] ?? 0;

type OfProcess = ScopeOf<typeof algorithm> & { readonly p: Index };
type Label = (typeof labels)[number];
type Change = OfProcess & { readonly next: NextOf<typeof algorithm> };

const always = (): boolean => true;

/** A statement: from a label to the next, under a condition, with an effect. */
const statement = (from: Label, to: Label, condition: (scope: OfProcess) => boolean = always, effect?: (scope: Change) => void) =>
  algorithm.action({ p: Process }, {
    when: [({ now, p }) => now.pc[p] === from, condition],
    then: (scope) => {
      scope.next.pc[scope.p] = to;
      effect?.(scope);
    },
  });
const everywhere = <const V>(c: Constants, value: V) => mapOf(processes(c), () => value);
const lookAtNext = ({ now, next, p }: Change): void => {
  next.j[p] = now.j[p] + 1;
};

export const peterson = algorithm.spec({
  init: ({ constants: c }) => ({
    pc: everywhere(c, "start"),
    j: everywhere(c, 0),
    k: everywhere(c, 0),
    flag: everywhere(c, 0),
    turn: mapOf(range(0, c.processes - 1), () => 0),
    critical: 0,
  }),
  actions: {
    Start: statement("start", "outer", always, ({ next, p }) => (next.k[p] = 0)),
    Climb: statement("outer", "setFlag", ({ now, p, constants }) => now.k[p] < constants.processes - 1),
    ReachTop: statement("outer", "enter", ({ now, p, constants }) => now.k[p] === constants.processes - 1),
    SetFlag: statement("setFlag", "setTurn", always, ({ now, next, p }) => (next.flag[p] = now.k[p])),
    SetTurn: statement("setTurn", "startInner", always, ({ now, next, p }) => (next.turn[index(now.k[p])] = p - 1)),
    StartInner: statement("startInner", "inner", always, ({ next, p }) => (next.j[p] = 0)),
    IsSelf: statement("inner", "skip", ({ now, p }) => now.j[p] === p - 1),
    SkipSelf: statement("skip", "inner", always, lookAtNext),
    IsOther: statement("inner", "compare", ({ now, p }) => now.j[p] !== p - 1),
    HasMore: statement("compare", "wait", ({ now, p, constants }) => now.j[p] < constants.processes),
    HasNoMore: statement("compare", "up", ({ now, p, constants }) => now.j[p] === constants.processes),
    Pass: statement("wait", "next", ({ now, p }) => {
      const other = index(now.j[p] + 1);
      return now.flag[other] < now.k[p] || now.turn[index(now.k[p])] !== p - 1;
    }),
    LookAtNext: statement("next", "inner", always, lookAtNext),
    GoUp: statement("up", "outer", always, ({ now, next, p }) => (next.k[p] = now.k[p] + 1)),
    Enter: statement("enter", "critical", always, ({ now, next }) => (next.critical = now.critical + 1)),
    BeCritical: statement("critical", "leave"),
    Leave: statement("leave", "reset", always, ({ now, next }) => (next.critical = now.critical - 1)),
    Reset: statement("reset", "start", always, ({ next, p }) => (next.flag[p] = 0)),
  },
  invariants: {
    MutualExclusion: ({ now, constants }) => processes(constants).every((p) => now.pc[p] !== "critical") || now.critical === 1,
  },
});
