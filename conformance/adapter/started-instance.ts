/** The instance of a spec that an adapter is started with, and the states that it shows. */
import { initialStates, sameState } from "../../explorer/interpret/index.ts";
import { instantiate } from "../../specs/language/instantiate.ts";
import type { SpecInstance, State } from "../../specs/language/instantiate.ts";
import type { Schema } from "../../specs/language/schema.ts";
import type { Spec } from "../../specs/language/system.ts";
import { HarnessError } from "../driver.ts";
import type { Setup } from "../driver.ts";

/** Throws HarnessError when the behaviour does not start in an initial state. */
export const instanceStartedIn = (spec: Spec, { constants, design, initial }: Setup): SpecInstance => {
  const instance = instantiate(spec, { constants, design });
  if (!initialStates(instance).some((s) => sameState(instance, s, initial))) throw new HarnessError("not an initial state of the spec");
  return instance;
};

/** `of` is whose state it is, for messages. Throws HarnessError for a variable that the spec has not, and what `read` throws. */
export const stateRead = (
  instance: SpecInstance | undefined,
  shown: Readonly<Record<string, unknown>>,
  of: string,
  read: (schema: Schema, value: unknown, name: string) => unknown,
): State => {
  const schemas = new Map(instance?.variables.map((v) => [v.name, v.schema]));
  const entries = Object.entries(shown).map(([name, value]): [string, unknown] => {
    const schema = schemas.get(name);
    if (schema === undefined) throw new HarnessError(`${of} has the variable ${name}, which the spec has not`);
    return [name, read(schema, value, name)];
  });
  return Object.fromEntries(entries);
};
