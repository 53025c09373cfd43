/** The instance of a spec that an adapter is started with. */
import { initialStates, sameState } from "../../explorer/interpret/index.ts";
import { instantiate } from "../../specs/language/instantiate.ts";
import type { SpecInstance } from "../../specs/language/instantiate.ts";
import type { Spec } from "../../specs/language/system.ts";
import { HarnessError } from "../driver.ts";
import type { Setup } from "../driver.ts";

/** Throws HarnessError when the behaviour does not start in an initial state. */
export const instanceStartedIn = (spec: Spec, { constants, design, initial }: Setup): SpecInstance => {
  const instance = instantiate(spec, { constants, design });
  if (!initialStates(instance).some((s) => sameState(instance, s, initial))) throw new HarnessError("not an initial state of the spec");
  return instance;
};
