/** The primed state that an effect writes, over a draft of the whole state. */
import type { Variable } from "../../specs/language/schema.ts";

type State = Record<string, unknown>;

/** `next` over a draft of the state: its variables, and nothing else. */
export const nextState = (variables: readonly Variable[], draft: State): Readonly<Record<string, unknown>> => {
  const next: State = {};
  for (const { name } of variables)
    Object.defineProperty(next, name, { enumerable: true, get: () => draft[name], set: (value: unknown) => void (draft[name] = value) });
  return Object.preventExtensions(next);
};
