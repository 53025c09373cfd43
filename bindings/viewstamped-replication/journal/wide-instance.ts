/** A spec with constants larger than any search would take, as a log of thousands of events needs them. */
import type { Parameter, SpecInstance } from "../../../specs/language/instantiate.ts";
import type { Constants } from "../../../specs/language/schema.ts";

/**
 * The instance with other constants for guards and effects, and with other members of the named value sets. The types
 * of its variables stay small, so only what does not check them can run it: `Machine` does.
 */
export const widened = (instance: SpecInstance, constants: Constants, sets: Readonly<Record<string, readonly unknown[]>>): SpecInstance => {
  const wide = (parameter: Parameter): Parameter => {
    const members = parameter.kind === "static" && parameter.set !== undefined ? sets[parameter.set] : undefined;
    return members === undefined || parameter.kind !== "static" ? parameter : { ...parameter, members };
  };
  return {
    ...instance,
    constants: Object.freeze({ ...instance.constants, ...constants }),
    actions: instance.actions.map((a) => ({ ...a, parameters: a.parameters.map(wide) })),
  };
};
