import { describe, expect, it } from "vitest";
import { search } from "../../explorer/search/index.ts";
import { instantiate } from "../language/index.ts";
import coffeeCan from "./coffee-can.ts";
import disruptor from "./disruptor.ts";
import gameOfLife from "./game-of-life.ts";
import keyValueStore from "./key-value-store.ts";

describe("counts published in the manifests of tlaplus/Examples, by the search", () => {
  it("CoffeeCan100Beans.cfg", async () => {
    expect(await search(instantiate(coffeeCan))).toMatchObject({ verdict: "holds", generated: 20_002, distinct: 5_150 });
  });
  it("Disruptor_SPMC.cfg", async () => {
    const result = await search(instantiate(disruptor), { symmetry: false });
    expect(result).toMatchObject({ verdict: "holds", generated: 28_049, distinct: 8_496 });
  });
  it("GameOfLife.cfg: 65,536 initial states", async () => {
    const result = await search(instantiate(gameOfLife));
    expect(result).toMatchObject({ verdict: "holds", generated: 131_072, distinct: 65_536, depth: 1, witnesses: { AllDead: true } });
  }, 120_000);
});

describe("what follows from them", () => {
  it("a producer that does not wait its turn races: two of them write one slot", async () => {
    const result = await search(instantiate(disruptor, { constants: { writers: 2, readers: 1, size: 2, maxPublished: 3 } }));
    expect(result).toMatchObject({ verdict: "violated", violation: { property: "NoDataRaces", length: 3 } });
  });
  it("the key-value store keeps its promises, with its sets symmetric", async () => {
    expect(await search(instantiate(keyValueStore, { constants: { transactions: 2 } }))).toMatchObject({ verdict: "holds", neverFired: [] });
  });
});
