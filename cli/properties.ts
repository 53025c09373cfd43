/** Which properties a run checks. */
import { LockstepError } from "../specs/language/errors.ts";
import type { SpecInstance } from "../specs/language/instantiate.ts";

export interface Properties {
  readonly invariants: readonly string[];
  readonly actionProperties: readonly string[];
}

export const propertiesOf = (instance: SpecInstance): Properties => ({
  invariants: instance.invariants.map((p) => p.name),
  actionProperties: instance.actionProperties.map((p) => p.name),
});

/** All of them when none is named, otherwise exactly the named ones. Throws LockstepError "usage" for an unknown name. */
export const chosenProperties = (instance: SpecInstance, invariants: readonly string[], properties: readonly string[]): Properties => {
  const all = propertiesOf(instance);
  const named = [...invariants, ...properties];
  if (named.length === 0) return all;
  const known = [...all.invariants, ...all.actionProperties];
  const unknown = named.find((n) => !known.includes(n));
  if (unknown !== undefined)
    throw new LockstepError(
      "usage",
      `${instance.name} has no property ${unknown}; it has ${known.length === 0 ? "none" : known.join(", ")}`,
    );
  return {
    invariants: all.invariants.filter((n) => named.includes(n)),
    actionProperties: all.actionProperties.filter((n) => named.includes(n)),
  };
};
