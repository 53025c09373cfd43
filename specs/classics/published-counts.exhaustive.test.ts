import { expect, it } from "vitest";
import { search } from "../../explorer/search/index.ts";
import { instantiate } from "../language/index.ts";
import coffeeCan from "./coffee-can.ts";

it("CoffeeCan1000Beans.cfg of tlaplus/Examples", async () => {
  const result = await search(instantiate(coffeeCan, { constants: { maxBeanCount: 1_000 } }));
  expect(result).toMatchObject({ verdict: "holds", generated: 2_000_002, distinct: 501_500 });
}, 600_000);
