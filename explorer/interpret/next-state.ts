/** The primed state that an effect writes, over a draft of the whole state. */
import { BagDraft, NetworkDraft, SetDraft, SetValue, counted } from "../../specs/language/collections.ts";
import type { BagValue, Contents, DraftContents, NetworkValue, PendingState, Verb } from "../../specs/language/collections.ts";
import { SpecError } from "../../specs/language/errors.ts";
import type { Variable } from "../../specs/language/schema.ts";
import type { Scalar } from "../../specs/language/value-set.ts";
import { valueText } from "../value-text.ts";

type State = Record<string, unknown>;
type Collection = SetValue<unknown> | BagValue<unknown> | NetworkValue<unknown>;

/** A collection variable in a draft: each change puts another value in its place. */
class CollectionInDraft implements DraftContents<unknown> {
  constructor(
    private readonly draft: State,
    private readonly name: string,
  ) {}
  private get value(): Collection {
    return this.draft[this.name] as Collection; // the kind of the variable's schema, which canonical states have
  }
  sorted(): ReturnType<Collection["sorted"]> {
    return this.value.sorted();
  }
  count(element: unknown): number | undefined {
    return this.value.count(element);
  }
  tagged(tag: string, pending: PendingState): readonly unknown[] {
    return this.value.contents.tagged(tag, pending);
  }
  to(destination: Scalar, by: string): Contents<unknown> {
    return this.value.contents.to(destination, by);
  }
  change(verb: Verb, element: unknown): void {
    const { value } = this;
    this.draft[this.name] = value.update(
      element,
      counted(verb, value.count(element), this.name, () => valueText(element)),
    );
  }
  assign(elements: Iterable<unknown>): void {
    this.draft[this.name] = SetValue.of(elements);
  }
}

const collectionIn = (draft: State, { name, schema }: Variable): object | undefined => {
  const contents = new CollectionInDraft(draft, name);
  if (schema.kind === "set") return new SetDraft(contents);
  if (schema.kind === "bag") return new BagDraft(contents);
  return schema.kind === "network" ? new NetworkDraft(contents, schema.by) : undefined;
};

const accessor = (draft: State, variable: Variable): PropertyDescriptor => {
  const { name, schema } = variable;
  const collection = collectionIn(draft, variable);
  if (collection === undefined) return { enumerable: true, get: () => draft[name], set: (value: unknown) => void (draft[name] = value) };
  const refuse = (): never => {
    throw new SpecError(`next.${name} is a ${schema.kind}: change it by its verbs instead of assigning it`);
  };
  return { enumerable: true, get: () => collection, set: refuse };
};

/** `next` over a draft of the state. */
export const nextState = (variables: readonly Variable[], draft: State): Readonly<Record<string, unknown>> => {
  const next: State = {};
  for (const v of variables) Object.defineProperty(next, v.name, accessor(draft, v));
  return Object.preventExtensions(next);
};
