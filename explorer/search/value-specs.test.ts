import { expect, it } from "vitest";
import { bool, instantiate, map, names, product, symmetric, system } from "../../specs/language/index.ts";
import { fromItf, itfText, readItf } from "../report/itf.ts";
import { describeCases } from "./fixtures/search-cases.ts";
import { valueSpecs } from "./fixtures/value-specs.ts";
import { search } from "./index.ts";

describeCases(valueSpecs);

it.each(valueSpecs)("a counterexample of $name survives ITF", async ({ spec }) => {
  const instance = instantiate(spec);
  const { violation } = await search(instance, { allowDeadlock: true });
  const trace = violation?.trace;
  if (trace === undefined) throw new Error("nothing is violated");
  expect(fromItf(readItf(itfText(trace, instance)), instance)).toEqual(trace);
});

it("a product with a symmetric set is refused, since its keys could not be renamed", () => {
  const Node = symmetric("Node", names("n", 2));
  const edges = system({ name: "edges", variables: { on: map(product("Edge", Node, Node), bool) } });
  expect(() => instantiate(edges.spec({ init: () => ({ on: {} as never }), actions: {} }))).toThrow(
    "Edge is a product with Node, which is symmetric: declare that ordered, or use a map of maps",
  );
});
