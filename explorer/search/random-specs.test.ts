import fc from "fast-check";
import { it } from "vitest";
import { instantiate } from "../../specs/language/index.ts";
import { expectAgreement } from "./fixtures/against-reference.ts";
import { machineSpec, machines } from "./fixtures/random-specs.ts";

it("the search of a random spec agrees with the reference", async () => {
  await fc.assert(
    fc.asyncProperty(machines, async (machine) => {
      const instance = instantiate(machineSpec(machine));
      await expectAgreement(instance);
      await expectAgreement(instance, { memoise: false, allowDeadlock: true });
    }),
    { numRuns: 15 },
  );
});
