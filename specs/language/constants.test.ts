import { describe, expect, it } from "vitest";
import { constantText, parseConstant } from "./constants.ts";
import { instantiate, mapOf, oneOf, map, set, symmetric, system } from "./index.ts";
import type { Name } from "./index.ts";

const Node = symmetric("Node", (c: { readonly nodes: readonly Name[] }) => c.nodes);
const graph = system({
  name: "graph",
  constants: {
    nodes: { default: ["a", "b"] },
    edges: { default: [["a", "b"]], valid: (edges: readonly (readonly Name[])[]) => edges.every((e) => e.length === 2) },
    fast: { default: true },
    limits: { default: { a: 1 } },
    size: { default: 40, min: 0, max: 1_000 },
  },
  variables: { at: map(Node, oneOf("here", "there")), seen: map(Node, set(Node)) },
});
const spec = graph.spec({
  init: ({ constants }) => ({
    at: mapOf(constants.nodes, () => "here"),
    seen: mapOf(constants.nodes, (n) => constants.edges.filter((e) => e[0] === n).map((e) => e[1] ?? n)),
  }),
  actions: {},
});
const refusal = (constants: Parameters<typeof instantiate>[1]): string => {
  try {
    instantiate(spec, constants);
  } catch (error) {
    return (error as Error).message; // what is thrown is an Error
  }
  return "taken";
};

describe("constants that are no integers", () => {
  it("names, lists and records reach the spec", () => {
    const instance = instantiate(spec, { constants: { nodes: ["x", "y", "z"], edges: [["x", "z"]], fast: false, limits: { z: 3 } } });
    expect(instance.constants).toEqual({ nodes: ["x", "y", "z"], edges: [["x", "z"]], fast: false, limits: { z: 3 }, size: 40 });
    expect(instance.symmetricSets).toEqual([{ name: "Node", members: ["x", "y", "z"] }]);
    expect(JSON.stringify(instance.init[0])).toBe('{"at":{"x":"here","y":"here","z":"here"},"seen":{"x":["z"],"y":[],"z":[]}}');
  });
  it.each([
    [{ nodes: "a" }, 'graph: the constant nodes is "a", expected a list, as in its default ["a","b"]'],
    [{ nodes: ["a", 2] }, 'graph: the constant nodes[1] is 2, expected a name, as in its default ["a","b"]'],
    [{ fast: 1 }, "graph: the constant fast is 1, expected true or false, as in its default true"],
    [{ limits: { b: "much" } }, 'graph: the constant limits.b is "much", expected a number, as in its default {"a":1}'],
    [{ edges: [["a"]] }, 'graph: edges = [["a"]] is not valid'],
    [{ size: true }, "graph: size = true is out of range; it may be 0 to 1000"],
    [{ other: 1 }, "graph has no constant other; it has nodes, edges, fast, limits, size"],
  ])("%j is refused", (constants, message) => {
    expect(refusal({ constants })).toBe(message);
  });
  it("what is given cannot be changed by the spec, nor the spec by who gave it", () => {
    const edges = [["a", "b"]];
    const instance = instantiate(spec, { constants: { edges } });
    edges[0] = ["b", "a"];
    expect(instance.constants["edges"]).toEqual([["a", "b"]]);
    expect(Object.isFrozen(instance.constants["edges"])).toBe(true);
  });
});

describe("constants on a command line", () => {
  it.each(["3", "-4", "true", "false", "alice", '[["a","b"],["b","c"]]', '{"a":["b"],"b":[]}', '"true"', '"two words"'])("%s", (text) => {
    expect(constantText(parseConstant("c", text))).toBe(text);
  });
  it.each([
    ["[1,", /^constant c=\[1,: it must be a number, true, false, a name or JSON/],
    ["null", /null is no value of a constant/],
    ["[null]", /null is no value of a constant/],
    ["1x", /it must be a number/],
  ])("%s is refused", (text, message) => {
    expect(() => parseConstant("c", text)).toThrow(message);
  });
});
