/** Bindings: what is chosen of an action's parameters. */
import { canonicalText } from "../../../specs/language/equality.ts";
import type { CallScope } from "../../../specs/language/instantiate.ts";

/** An action with some or all of its parameters chosen. */
export interface Binding {
  readonly id: number;
  readonly action: number;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly complete: boolean;
  /** The next parameter's choices, if they do not depend on the state. */
  readonly choices: readonly Binding[] | undefined;
}
/** As the runner of actions keeps it. */
export interface OwnBinding extends Binding {
  choices: readonly Binding[] | undefined;
  readonly guardScope: CallScope;
  readonly effectScope: CallScope;
  readonly children: Map<string, OwnBinding>;
  /** How many choices are still to be made, as far as they do not depend on the state. */
  readonly open: number;
  root: number;
  epoch: number;
}

/** Bindings of equal values are one object. */
export const isSameList = (a: readonly Binding[], b: readonly Binding[]): boolean => a.length === b.length && a.every((x, i) => x === b[i]);

export const argumentsText = (args: Readonly<Record<string, unknown>>): string =>
  Object.entries(args)
    .map(([k, v]) => `${k}=${typeof v === "string" || typeof v === "number" ? String(v) : canonicalText(v)}`)
    .join(", ");
