/**
 * Lamport's bakery algorithm ("A New Solution of Dijkstra's Concurrent Programming Problem", 1974): mutual exclusion by
 * tickets, in shared memory that is read one variable at a time. Each label of a process is one atomic step. Tickets
 * grow without bound, so the constraint `TicketsWithinBounds` cuts off behaviours in which one passes `tickets`.
 * Left out: overlapping reads and writes (safe registers), which the original allows.
 */
import { bool, int, map, mapOf, oneOf, ordered, range, set, setOf, system } from "../language/index.ts";
import type { Index, ScopeOf } from "../language/index.ts";

type Constants = { readonly processes: number; readonly tickets: number };
const processes = (c: Constants): readonly Index[] => range(1, c.processes);
const Process = ordered("Process", processes);

const algorithm = system({
  name: "bakery",
  constants: { processes: { default: 2, min: 2, max: 4 }, tickets: { default: 3, min: 1, max: 16 } },
  /** Without the doorway nobody says that he is choosing a ticket, so another may pass him by. */
  design: { doorway: [true, false] },
  variables: {
    /** The label where each process is. */
    pc: map(Process, oneOf("outside", "choose", "leave", "wait", "critical")),
    /** Is the process choosing a ticket? */
    choosing: map(Process, bool),
    /** The ticket; 0 outside. */
    number: map(Process, int(0, (c: Constants) => c.tickets + 1)),
    /** The highest ticket that the process has read while choosing. */
    highest: map(Process, int(0, (c: Constants) => c.tickets)),
    /** The others at which the process has yet to look. */
    unread: map(Process, set(Process)),
  },
});

type OfProcess = ScopeOf<typeof algorithm> & { readonly p: Index };
type Label = OfProcess["now"]["pc"][1];
const others = ({ constants, p }: OfProcess) => setOf(...processes(constants).filter((q) => q !== p));
const isAt =
  (label: Label) =>
  ({ now, p }: OfProcess): boolean =>
    now.pc[p] === label;

const Enter = algorithm.action({ p: Process }, {
  when: [isAt("outside")],
  then: (scope) => {
    const { next, design, p } = scope;
    next.choosing[p] = design.doorway;
    next.unread[p] = others(scope);
    next.pc[p] = "choose";
  },
});

const ReadTicket = algorithm.action({ p: Process, q: Process }, {
  when: [isAt("choose"), ({ now, p, q }) => now.unread[p].has(q)],
  then: ({ now, next, p, q }) => {
    next.highest[p] = Math.max(now.highest[p], now.number[q]);
    next.unread[p] = now.unread[p].without(q);
  },
});

const TakeTicket = algorithm.action({ p: Process }, {
  when: [isAt("choose"), ({ now, p }) => now.unread[p].size === 0],
  then: ({ now, next, p }) => {
    next.number[p] = now.highest[p] + 1;
    next.highest[p] = 0;
    next.pc[p] = "leave";
  },
});

const LeaveDoorway = algorithm.action({ p: Process }, {
  when: [isAt("leave")],
  then: (scope) => {
    const { next, p } = scope;
    next.choosing[p] = false;
    next.unread[p] = others(scope);
    next.pc[p] = "wait";
  },
});

/** The lower ticket goes first; of equal tickets, the lower process. */
const goesFirst = ({ now, p }: OfProcess, q: Index): boolean =>
  now.number[q] === 0 || now.number[p] < now.number[q] || (now.number[p] === now.number[q] && p < q);

/** Process p looks at q, and waits while q is choosing or goes first. */
const PassBy = algorithm.action({ p: Process, q: Process }, {
  when: [isAt("wait"), ({ now, p, q }) => now.unread[p].has(q), ({ now, q }) => !now.choosing[q], (scope) => goesFirst(scope, scope.q)],
  then: ({ now, next, p, q }) => {
    next.unread[p] = now.unread[p].without(q);
  },
});

const EnterCriticalSection = algorithm.action({ p: Process }, {
  when: [isAt("wait"), ({ now, p }) => now.unread[p].size === 0],
  then: ({ next, p }) => {
    next.pc[p] = "critical";
  },
});

const Exit = algorithm.action({ p: Process }, {
  when: [isAt("critical")],
  then: ({ next, p }) => {
    next.number[p] = 0;
    next.pc[p] = "outside";
  },
});

const everywhere = <const V>(c: Constants, value: V) => mapOf(processes(c), () => value);

export const bakery = algorithm.spec({
  init: ({ constants: c }) => ({
    pc: everywhere(c, "outside"),
    choosing: everywhere(c, false),
    number: everywhere(c, 0),
    highest: everywhere(c, 0),
    unread: everywhere(c, setOf<Index>()),
  }),
  actions: { Enter, ReadTicket, TakeTicket, LeaveDoorway, PassBy, EnterCriticalSection, Exit },
  invariants: { MutualExclusion: ({ now, constants }) => processes(constants).filter((p) => now.pc[p] === "critical").length <= 1 },
  constraints: { TicketsWithinBounds: ({ now, constants }) => processes(constants).every((p) => now.number[p] <= constants.tickets) },
});
