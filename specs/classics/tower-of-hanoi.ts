/**
 * The tower of Hanoi, after Hanoi.tla in tlaplus/Examples: a deep and narrow state space. There are 3^disks states, and
 * the shortest solution takes 2^disks - 1 moves. `NotSolved` is written as an invariant so that its counterexample is
 * the solution.
 */
import { map, mapOf, oneOf, ordered, range, system } from "../language/index.ts";
import type { Index } from "../language/index.ts";

type Constants = { readonly disks: number };
/** Disk 1 is the smallest. */
const disks = (c: Constants): readonly Index[] => range(1, c.disks);
const Disk = ordered("Disk", disks);
const Tower = ordered("Tower", [1, 2, 3]);

const hanoi = system({
  name: "tower-of-hanoi",
  constants: { disks: { default: 3, min: 1, max: 12 } },
  variables: {
    /** Where each disk is. Its place on a tower follows, because no disk lies on a smaller one. */
    towerOf: map(Disk, oneOf(1, 2, 3)),
  },
});

const Move = hanoi.action({ disk: Disk, to: Tower }, {
  when: [
    ({ now, disk, to }) => now.towerOf[disk] !== to,
    // Every smaller disk is out of the way: neither on top of this one nor on the tower that it moves to.
    ({ now, constants, disk, to }) =>
      disks(constants).every((d) => d >= disk || (now.towerOf[d] !== now.towerOf[disk] && now.towerOf[d] !== to)),
  ],
  then: ({ next, disk, to }) => {
    next.towerOf[disk] = to;
  },
});

export const towerOfHanoi = hanoi.spec({
  init: ({ constants }) => ({ towerOf: mapOf(disks(constants), () => 1) }),
  actions: { Move },
  invariants: { NotSolved: ({ now, constants }) => disks(constants).some((d) => now.towerOf[d] !== 3) },
});
