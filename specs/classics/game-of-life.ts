/** Conway's Game of Life from every grid. After tlaplus/Examples, `GameOfLife.tla`. */
import { bool, functions, key, map, mapOf, ordered, product, range, system } from "../language/index.ts";

type Constants = { readonly n: number };
const Row = ordered("Row", (c: Constants) => range(1, c.n));
const Column = ordered("Column", (c: Constants) => range(1, c.n));
const Pos = product("Pos", Row, Column);
const sys = system({ name: "game-of-life", constants: { n: { default: 4, min: 1, max: 4 } }, variables: { grid: map(Pos, bool) } });

const positions = (n: number) => range(1, n).flatMap((x) => range(1, n).map((y) => ({ x, y })));
const keys = (n: number) => positions(n).map(({ x, y }) => key(x, y));
const shifts = [-1, 0, 1].flatMap((dx) => [-1, 0, 1].map((dy) => [dx, dy] as const)).filter(([dx, dy]) => dx !== 0 || dy !== 0);

const Step = sys.action(
  {},
  {
    then: ({ now, next, constants: { n } }) => {
      const isInside = (i: number): boolean => i >= 1 && i <= n;
      for (const { x, y } of positions(n)) {
        const score = shifts.filter(([dx, dy]) => isInside(x + dx) && isInside(y + dy) && now.grid[key(x + dx, y + dy)]).length;
        next.grid[key(x, y)] = score === 3 || (score === 2 && now.grid[key(x, y)]);
      }
    },
  },
);

export default sys.spec({
  init: ({ constants: { n } }) => functions(keys(n), [false, true]).map((grid) => ({ grid })),
  actions: { Step },
  // The empty grid stays empty: a way to see that something is checked.
  actionProperties: {
    NothingFromNothing: ({ now, next, constants: { n } }) => keys(n).some((k) => now.grid[k]) || !keys(n).some((k) => next.grid[k]),
  },
  witnesses: { AllDead: ({ now, constants: { n } }) => mapOf(keys(n), (k) => !now.grid[k])[key(1, 1)] && !keys(n).some((k) => now.grid[k]) },
});
