/**
 * The Coffee Can of Dijkstra and Scholten: two beans at a time leave a can, and one comes back. Constants are as large as
 * they like to be. After tlaplus/Examples, `CoffeeCan.tla`; liveness is left out.
 */
import { int, record, system } from "../language/index.ts";

type Constants = { readonly maxBeanCount: number };
const beans = int(0, (c: Constants) => c.maxBeanCount);
const sys = system({
  name: "coffee-can",
  constants: { maxBeanCount: { default: 100, min: 1, max: 3_000 } },
  variables: { can: record({ black: beans, white: beans }) },
});
type Can = { readonly black: number; readonly white: number };
const beanCount = (can: Can): number => can.black + can.white;

const PickSameColorBlack = sys.action(
  {},
  {
    when: ({ now }) => beanCount(now.can) > 1 && now.can.black >= 2,
    then: ({ now, next }) => void (next.can.black = now.can.black - 1),
  },
);
const PickSameColorWhite = sys.action(
  {},
  {
    when: ({ now }) => beanCount(now.can) > 1 && now.can.white >= 2,
    then: ({ now, next }) => void (next.can = { black: now.can.black + 1, white: now.can.white - 2 }),
  },
);
const PickDifferentColor = sys.action(
  {},
  {
    when: ({ now }) => beanCount(now.can) > 1 && now.can.black >= 1 && now.can.white >= 1,
    then: ({ now, next }) => void (next.can.black = now.can.black - 1),
  },
);
const Termination = sys.action({}, { when: ({ now }) => beanCount(now.can) === 1, then: () => undefined });

export default sys.spec({
  init: ({ constants: { maxBeanCount } }) =>
    Array.from({ length: maxBeanCount }, (_, n) =>
      Array.from({ length: n + 2 }, (__, black) => ({ can: { black, white: n + 1 - black } })),
    ).flat(),
  actions: { PickSameColorWhite, PickSameColorBlack, PickDifferentColor, Termination },
  actionProperties: {
    MonotonicDecrease: ({ now, next }) => beanCount(now.can) === 1 || beanCount(next.can) < beanCount(now.can),
    LoopInvariant: ({ now, next }) => now.can.white % 2 === next.can.white % 2,
  },
});
