import { describe, expect, it } from "vitest";
import { search } from "../../explorer/search/index.ts";
import { bool, index, instantiate, map, mapOf, names, oneOf, ordered, range, symmetric, system } from "./index.ts";

type Constants = { readonly items: number };
const specOver = (mayBeEmpty: boolean) => {
  const Item = symmetric("Item", (c: Constants) => names("i", c.items), { mayBeEmpty });
  const shelf = system({
    name: "shelf",
    constants: { items: { default: 1, min: 0, max: 3 } },
    variables: { place: map(Item, oneOf("in", "out")), door: oneOf("open", "shut") },
  });
  const Take = shelf.action({ i: Item }, { then: ({ next, i }) => void (next.place[i] = "out") });
  return shelf.spec({
    init: ({ constants }) => ({ place: mapOf(names("i", constants.items), () => "in"), door: "shut" }),
    actions: { Take },
  });
};

describe("a value set without members", () => {
  it("is refused in one line that names it", () => {
    expect(() => instantiate(specOver(false), { constants: { items: 0 } })).toThrow(
      /^the value set Item is empty: give it at least one member$/,
    );
  });
  it("is allowed where the spec says that a model may do without; its actions never happen", () => {
    const instance = instantiate(specOver(true), { constants: { items: 0 } });
    expect(instance.init).toEqual([{ place: {}, door: "shut" }]);
    expect(instance.actions[0]?.parameters).toEqual([{ kind: "static", name: "i", members: [], set: "Item" }]);
  });
});

const Place = ordered("Place", (c: { readonly places: number }) => range(0, c.places));
const row = system({
  name: "row",
  constants: { places: { default: 40, min: 1, max: 2_000 } },
  variables: { lit: map(Place, bool) },
});
const rowSpec = (last: (places: number) => number) =>
  row.spec({
    init: ({ constants }) => ({ lit: mapOf(range(0, constants.places), (p) => p === 0) }),
    actions: {
      // What is computed is written as it is; where it is read, `index` says that it is there.
      Light: row.action(
        { p: Place },
        {
          when: ({ now, constants, p }) => now.lit[p] && p < last(constants.places) && !(now.lit[p + 1] ?? false),
          then: ({ next, p }) => void (next.lit[p + 1] = true),
        },
      ),
    },
    invariants: { NotBefore: ({ now, constants }) => range(1, constants.places).every((p) => !now.lit[p] || now.lit[index(p - 1)]) },
  });

describe("a value set of any size", () => {
  it.each([40, 300])("of %i members and one", async (places) => {
    const result = await search(
      instantiate(
        rowSpec((n) => n),
        { constants: { places } },
      ),
      { allowDeadlock: true },
    );
    expect(result).toMatchObject({ verdict: "holds", distinct: places + 1, depth: places + 1 });
  });
  it("a key that is none of its members is refused where it is written", async () => {
    await expect(search(instantiate(rowSpec((n) => n + 1)))).rejects.toThrow(/Light\(p=40\).* or to 41, which is no key of its map/);
  });
  it("what is no whole number is no index", () => {
    expect(() => index(-1)).toThrow("-1 is not an index: indices are the whole numbers from 0 on");
    expect(() => index(0.5)).toThrow("0.5 is not an index");
  });
});
