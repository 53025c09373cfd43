import { describe, expect, it } from "vitest";
import { instantiate, map, mapOf, names, oneOf, symmetric, system } from "./index.ts";

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
