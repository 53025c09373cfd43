/**
 * The primed state that an effect writes. Plain variables are those of an immer draft; sets, bags and networks are
 * immutable values, so here they are variables whose verbs put a changed value into the draft.
 */
import { current, isDraft } from "immer";
import { Counted, SetValue, verbs } from "../../specs/language/collections.ts";
import type {
  BagVariable,
  FiniteSet,
  Inbox,
  NetworkVariable,
  SetVariable,
  TagOf,
  WithTag,
  BagValue,
  NetworkValue,
} from "../../specs/language/collections.ts";
import { SpecError } from "../../specs/language/errors.ts";
import type { Variable } from "../../specs/language/schema.ts";
import { valueText } from "../value-text.ts";

/** The place of one collection in a draft. */
interface Cell<C> {
  readonly name: string;
  get(): C;
  set(collection: C): void;
}

/** An element as it is now: what an effect read from `next` is part of a draft, which later writes would change. */
const settled = (element: unknown): unknown => {
  if (typeof element !== "object" || element === null || Object.isFrozen(element) || element instanceof Counted) return element;
  if (isDraft(element)) return current(element);
  if (Array.isArray(element)) return element.map(settled);
  return Object.fromEntries(Object.entries(element).map(([k, v]) => [k, settled(v)]));
};

class SetInNext implements SetVariable<unknown> {
  constructor(private readonly cell: Cell<SetValue<unknown>>) {}
  add(element: unknown): void {
    this.cell.set(this.cell.get().with(settled(element)));
  }
  delete(element: unknown): void {
    this.cell.set(this.cell.get().without(element));
  }
  assign(elements: Iterable<unknown>): void {
    this.cell.set(SetValue.of([...elements].map(settled)));
  }
  get size(): number {
    return this.cell.get().size;
  }
  has(element: unknown): boolean {
    return this.cell.get().has(element);
  }
  toArray(): readonly unknown[] {
    return this.cell.get().toArray();
  }
  tagged<K extends TagOf<unknown>>(tag: K): readonly WithTag<unknown, K>[] {
    return this.cell.get().tagged(tag);
  }
  with(...elements: readonly unknown[]): FiniteSet<unknown> {
    return this.cell.get().with(...elements);
  }
  without(...elements: readonly unknown[]): FiniteSet<unknown> {
    return this.cell.get().without(...elements);
  }
  filter(keep: (element: unknown) => boolean): FiniteSet<unknown> {
    return this.cell.get().filter(keep);
  }
  some(test: (element: unknown) => boolean): boolean {
    return this.cell.get().some(test);
  }
  every(test: (element: unknown) => boolean): boolean {
    return this.cell.get().every(test);
  }
  [Symbol.iterator](): Iterator<unknown> {
    return this.toArray()[Symbol.iterator]();
  }
}

class BagInNext implements BagVariable<unknown> {
  constructor(private readonly cell: Cell<BagValue<unknown>>) {}
  add(element: unknown): void {
    const bag = this.cell.get();
    this.cell.set(bag.update(settled(element), verbs.addCopy(bag.count(element))));
  }
  remove(element: unknown): void {
    const bag = this.cell.get();
    const count = verbs.removeCopy(bag.count(element));
    if (count === "absent") throw new SpecError(`${this.cell.name}.remove: ${valueText(element)} is not in the bag`);
    this.cell.set(bag.update(element, count));
  }
  copies(element: unknown): number {
    return this.cell.get().copies(element);
  }
  has(element: unknown): boolean {
    return this.cell.get().has(element);
  }
  get size(): number {
    return this.cell.get().size;
  }
  toArray(): readonly unknown[] {
    return this.cell.get().toArray();
  }
  tagged<K extends TagOf<unknown>>(tag: K): readonly WithTag<unknown, K>[] {
    return this.cell.get().tagged(tag);
  }
  [Symbol.iterator](): Iterator<unknown> {
    return this.toArray()[Symbol.iterator]();
  }
}

class NetworkInNext implements NetworkVariable<unknown> {
  constructor(private readonly cell: Cell<NetworkValue<unknown>>) {}
  send(message: unknown): void {
    this.update(message, verbs.send(this.cell.get().count(message)));
  }
  sendAsReceived(message: unknown): void {
    this.update(message, verbs.sendAsReceived(this.cell.get().count(message)));
  }
  discard(message: unknown): void {
    const before = this.cell.get().count(message);
    const count = verbs.discard(before);
    if (count === "absent")
      throw new SpecError(
        `${this.cell.name}.discard: ${valueText(message)} ${before === undefined ? "was never sent" : "has no delivery pending"}`,
      );
    this.update(message, count);
  }
  forget(message: unknown): void {
    this.update(message, undefined);
  }
  to(destination: string | number): Inbox<unknown> {
    return this.cell.get().to(destination);
  }
  has(message: unknown): boolean {
    return this.cell.get().has(message);
  }
  private update(message: unknown, count: number | undefined): void {
    this.cell.set(this.cell.get().update(settled(message), count));
  }
}

type Draft = Record<string, unknown>;

const cellOf = <C>(draft: Draft, name: string): Cell<C> => ({
  name,
  get: () => draft[name] as C, // the kind of the variable's schema, which canonical states have
  set: (collection) => void (draft[name] = collection),
});

const collectionIn = (draft: Draft, { name, schema }: Variable): object | undefined => {
  if (schema.kind === "set") return new SetInNext(cellOf(draft, name));
  if (schema.kind === "bag") return new BagInNext(cellOf(draft, name));
  if (schema.kind === "network") return new NetworkInNext(cellOf(draft, name));
  return undefined;
};

const accessor = (draft: Draft, variable: Variable): PropertyDescriptor => {
  const collection = collectionIn(draft, variable);
  if (collection === undefined)
    return { enumerable: true, get: () => draft[variable.name], set: (value: unknown) => void (draft[variable.name] = value) };
  const refuse = (): never => {
    throw new SpecError(`next.${variable.name} is a ${variable.schema.kind}: change it by its verbs instead of assigning it`);
  };
  return { enumerable: true, get: () => collection, set: refuse };
};

/** `next` over a draft of the state. */
export const nextState = (variables: readonly Variable[], draft: Draft): Readonly<Record<string, unknown>> => {
  const next: Record<string, unknown> = {};
  for (const v of variables) Object.defineProperty(next, v.name, accessor(draft, v));
  return next;
};

/** The name of something that an effect put on `next` although it is no variable. */
export const strayVariable = (variables: readonly Variable[], next: Readonly<Record<string, unknown>>): string | undefined => {
  const names = Object.keys(next);
  return names.length === variables.length ? undefined : names.find((n) => !variables.some((v) => v.name === n));
};
