/** Collections of `next`, wherever they lie: faces of a place, changed by verbs. */
import { BagValue, NetworkValue, SetValue, counted } from "./collections.ts";
import type { BagVariable, Contents, NetworkVariable, PendingState, SetVariable, Verb } from "./collections.ts";
import { canonicalText } from "./equality.ts";

/** A collection of `next`: its contents as they stand after the changes so far, and how it is changed. */
export interface DraftContents<T> extends Contents<T> {
  change(verb: Verb, element: T): void;
  assign(elements: Iterable<T>): void;
}
export class SetDraft<T> extends SetValue<T> implements SetVariable<T> {
  readonly #draft: DraftContents<T>;
  constructor(draft: DraftContents<T>) {
    super(draft);
    this.#draft = draft;
  }
  override add(element: T): void {
    this.#draft.change("add", element);
  }
  override delete(element: T): void {
    this.#draft.change("delete", element);
  }
  override assign(elements: Iterable<T>): void {
    this.#draft.assign(elements);
  }
}

export class BagDraft<T> extends BagValue<T> implements BagVariable<T> {
  readonly #draft: DraftContents<T>;
  constructor(draft: DraftContents<T>) {
    super(draft);
    this.#draft = draft;
  }
  override add(element: T): void {
    this.#draft.change("addCopy", element);
  }
  override remove(element: T): void {
    this.#draft.change("removeCopy", element);
  }
}

export class NetworkDraft<M> extends NetworkValue<M> implements NetworkVariable<M> {
  readonly #draft: DraftContents<M>;
  constructor(draft: DraftContents<M>, by: string) {
    super(draft, by);
    this.#draft = draft;
  }
  override send(message: M): void {
    this.#draft.change("send", message);
  }
  override sendAsReceived(message: M): void {
    this.#draft.change("sendAsReceived", message);
  }
  override discard(message: M): void {
    this.#draft.change("discard", message);
  }
  override forget(message: M): void {
    this.#draft.change("delete", message);
  }
}

export type CollectionValue = SetValue<unknown> | BagValue<unknown> | NetworkValue<unknown>;

/** A place that holds a collection: each change puts another value in its place. */
export interface CollectionPlace {
  /** What errors call it. */
  readonly path: string;
  get(): CollectionValue;
  put(value: CollectionValue): void;
}

class PlacedContents implements DraftContents<unknown> {
  constructor(private readonly place: CollectionPlace) {}
  sorted(): ReturnType<CollectionValue["sorted"]> {
    return this.place.get().sorted();
  }
  count(element: unknown): number | undefined {
    return this.place.get().count(element);
  }
  tagged(tag: string, pending: PendingState): readonly unknown[] {
    return this.place.get().contents.tagged(tag, pending);
  }
  to(destination: string | number, by: string): Contents<unknown> {
    return this.place.get().contents.to(destination, by);
  }
  change(verb: Verb, element: unknown): void {
    const value = this.place.get();
    const count = counted(verb, value.count(element), this.place.path, () => canonicalText(element).replaceAll('"', ""));
    this.place.put(value.update(element, count));
  }
  assign(elements: Iterable<unknown>): void {
    this.place.put(SetValue.of(elements));
  }
}

/** What user code sees of a collection of `next`. */
export const draftedCollection = (value: CollectionValue, contents: DraftContents<unknown>): object => {
  if (value instanceof SetValue) return new SetDraft(contents);
  return value instanceof BagValue ? new BagDraft(contents) : new NetworkDraft(contents, value.by);
};
export const draftedPlace = (place: CollectionPlace): object => draftedCollection(place.get(), new PlacedContents(place));
