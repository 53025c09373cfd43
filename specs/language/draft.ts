/**
 * Values of `next` that may be written in place: records and maps, at any depth, copied only along the paths that an
 * effect writes. Assignment copies, as in TLA+, where there is nothing else: what was assigned may be changed afterwards,
 * and what it was taken from stays what it is. Sequences, and collections inside of other values, are replaced as a whole.
 * All machines that run a spec use these drafts.
 */
import { copyOf, isCollection, knowSettled, settled } from "./equality.ts";

type Fields = Record<string, unknown>;

export const isFields = (value: unknown): value is Readonly<Fields> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !isCollection(value);

export class Draft {
  private copy: Fields | undefined;
  /** What was read so far: drafts of records and maps, copies of all else that has parts. */
  private readonly parts = new Map<string, { readonly value: unknown; readonly draft: Draft | undefined }>();
  readonly proxy: Fields;

  /** `base` is frozen through and through. */
  constructor(private readonly base: Readonly<Fields>) {
    // The target is another object, so that the frozen properties of the base do not bind the proxy.
    this.proxy = new Proxy<Fields>(
      {},
      {
        get: (target, key) =>
          typeof key === "string" && Object.hasOwn(this.current, key) ? this.get(key) : (Reflect.get(target, key) as unknown),
        set: (_, key, value) => typeof key === "string" && this.set(key, value),
        defineProperty: (_, key, descriptor) => typeof key === "string" && "value" in descriptor && this.set(key, descriptor.value),
        deleteProperty: (_, key) => this.set(String(key), undefined),
        has: (target, key) => (typeof key === "string" && Object.hasOwn(this.current, key)) || Reflect.has(target, key),
        ownKeys: () => Object.keys(this.current),
        getOwnPropertyDescriptor: (_, key) =>
          typeof key === "string" && Object.hasOwn(this.current, key)
            ? { value: this.get(key), enumerable: true, configurable: true, writable: true }
            : undefined,
      },
    );
  }

  private get current(): Readonly<Fields> {
    return this.copy ?? this.base;
  }
  private get(key: string): unknown {
    const known = this.parts.get(key);
    if (known !== undefined) return known.value;
    const value = this.current[key];
    if (typeof value !== "object" || value === null) return value;
    const draft = isFields(value) ? new Draft(value) : undefined;
    // A copy, since one place of a state is never the same object as another.
    const part = { value: draft?.proxy ?? copyOf(value), draft };
    this.parts.set(key, part);
    return part.value;
  }
  /** Of a partial map, a key without a value is a key that is not there. */
  private set(key: string, value: unknown): boolean {
    const own = settled(value);
    this.parts.delete(key);
    this.copy ??= { ...this.base };
    if (own === undefined) Reflect.deleteProperty(this.copy, key);
    else Object.defineProperty(this.copy, key, { value: own, enumerable: true, configurable: true, writable: true });
    return true;
  }

  /** The frozen result; the base itself if nothing was written. The draft must not be used afterwards. */
  finish(): Readonly<Fields> {
    for (const [key, { draft }] of this.parts) {
      const value = draft?.finish();
      if (value !== undefined && value !== this.current[key]) (this.copy ??= { ...this.base })[key] = value;
    }
    return this.copy === undefined ? this.base : knowSettled(Object.freeze(this.copy));
  }
}
