/**
 * Dijkstra's dining philosophers, each of whom takes the fork on his left and then the fork on his right. When all have
 * taken the left one, nobody can go on: a deadlock. If one of them is left-handed (takes the right fork first), there
 * is none. Forks are shared memory; a philosopher's program counter is what he holds.
 */
import { index, map, mapOf, oneOf, optional, ordered, range, system } from "../language/index.ts";
import type { Index } from "../language/index.ts";

type Constants = { readonly philosophers: number };
const philosophers = (c: Constants): readonly Index[] => range(1, c.philosophers);
const Philosopher = ordered("Philosopher", philosophers);

const table = system({
  name: "dining-philosophers",
  constants: { philosophers: { default: 4, min: 2, max: 12 } },
  design: { leftHanded: ["nobody", "first"] },
  variables: {
    pc: map(Philosopher, oneOf("thinking", "hungry", "eating")),
    /** Fork p lies to the left of philosopher p. Null: on the table. */
    forkHolder: map(Philosopher, optional(Philosopher)),
  },
});

type Scope = { readonly constants: Constants; readonly design: { readonly leftHanded: string }; readonly p: Index };
const rightFork = ({ constants, p }: Scope): Index => (p === constants.philosophers ? 1 : index(p + 1));
const isLeftHanded = ({ design, p }: Scope): boolean => design.leftHanded === "first" && p === 1;
const firstFork = (scope: Scope): Index => (isLeftHanded(scope) ? rightFork(scope) : scope.p);
const secondFork = (scope: Scope): Index => (isLeftHanded(scope) ? scope.p : rightFork(scope));

const TakeFirstFork = table.action({ p: Philosopher }, {
  when: [({ now, p }) => now.pc[p] === "thinking", (scope) => scope.now.forkHolder[firstFork(scope)] === null],
  then: (scope) => {
    scope.next.forkHolder[firstFork(scope)] = scope.p;
    scope.next.pc[scope.p] = "hungry";
  },
});

const TakeSecondFork = table.action({ p: Philosopher }, {
  when: [({ now, p }) => now.pc[p] === "hungry", (scope) => scope.now.forkHolder[secondFork(scope)] === null],
  then: (scope) => {
    scope.next.forkHolder[secondFork(scope)] = scope.p;
    scope.next.pc[scope.p] = "eating";
  },
});

const PutForksDown = table.action({ p: Philosopher }, {
  when: ({ now, p }) => now.pc[p] === "eating",
  then: (scope) => {
    scope.next.forkHolder[firstFork(scope)] = null;
    scope.next.forkHolder[secondFork(scope)] = null;
    scope.next.pc[scope.p] = "thinking";
  },
});

export const diningPhilosophers = table.spec({
  init: ({ constants }) => ({
    pc: mapOf(philosophers(constants), () => "thinking"),
    forkHolder: mapOf(philosophers(constants), () => null),
  }),
  actions: { TakeFirstFork, TakeSecondFork, PutForksDown },
  invariants: {
    NeighboursDoNotEatTogether: ({ now, constants, design }) =>
      philosophers(constants).every((p) => now.pc[p] !== "eating" || now.pc[rightFork({ constants, design, p })] !== "eating"),
  },
});
