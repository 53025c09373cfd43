import { describe, expect, it } from "vitest";
import {
  bag,
  bagOf,
  bool,
  instantiate,
  int,
  map,
  mapOf,
  names,
  network,
  oneOf,
  optional,
  record,
  seq,
  set,
  symmetric,
  system,
  union,
} from "../../specs/language/index.ts";
import { BagValue, NetworkValue, SetValue } from "../../specs/language/collections.ts";
import { fromPlain } from "./plain-values.ts";

const Name = symmetric("Name", () => names("n", 2));
const Message = union({ Ping: { to: Name }, Pong: { to: Name, count: int(0, 9) } });
const shapes = system({
  name: "shapes",
  variables: {
    flags: map(Name, bool),
    list: seq(int(0, 9)),
    maybe: optional(record({ colour: oneOf("red", "blue") })),
    chosen: set(Name),
    coins: bag(int(1, 5)),
    mail: network(Message, { by: "to" }),
  },
}).spec({
  init: () => ({ flags: mapOf(names("n", 2), () => false), list: [], maybe: null, chosen: [], coins: bagOf(), mail: [] }),
  actions: {},
});
const schemas = new Map(instantiate(shapes).variables.map((v) => [v.name, v.schema]));
const read = (variable: string, value: unknown): unknown => {
  const schema = schemas.get(variable);
  if (schema === undefined) throw new Error(`no variable ${variable}`);
  return fromPlain(schema, value, variable);
};

describe("plain JSON as values of a spec", () => {
  it("has a form for every kind", () => {
    expect(read("flags", { n1: true, n2: false })).toEqual({ n1: true, n2: false });
    expect(read("list", [1, 2])).toEqual([1, 2]);
    expect(read("maybe", null)).toBeNull();
    expect(read("maybe", { colour: "red" })).toEqual({ colour: "red" });
    expect(read("chosen", ["n2", "n2"])).toEqual(SetValue.of(["n2"]));
    expect(read("coins", [[5, 2]])).toEqual(new BagValue([[5, 2]]));
    const pong = { type: "Pong", to: "n1", count: 3 };
    expect(read("mail", [[pong, 0]])).toEqual(new NetworkValue([[pong, 0]], "to"));
  });
  it.each([
    ["flags", { n1: 1 }, "flags[n1] must be true or false"],
    ["flags", [], "flags must be a record"],
    ["list", { 0: 1 }, "list must be a list"],
    ["list", [0.5], "list[0] must be an integer"],
    ["maybe", {}, "maybe.colour must be a string or an integer"],
    ["maybe", { colour: "red", size: 1 }, "maybe.size must be left out: the spec has no such field"],
    ["coins", [5], "coins[0] must be a list"],
    ["coins", [[5]], "coins[0] must be [element, count]"],
    ["mail", [[{ type: "Pang" }, 1]], "mail[0][0].type must be one of Ping, Pong"],
  ])("refuses %s as %j", (variable, value, message) => {
    expect(() => read(variable, value)).toThrow(`the mapping's state: ${message}`);
  });
});
