/**
 * Values of `next` that may be written in place: records and maps, at any depth, copied only along the paths that an
 * effect writes. Assignment copies, as in TLA+, where there is nothing else: what was assigned may be changed afterwards,
 * and what it was taken from stays what it is. Collections have verbs, wherever they lie, and may be
 * replaced; sequences are replaced as a whole.
 * All machines that run a spec use these drafts.
 */
import { draftedPlace } from "./collection-drafts.ts";
import type { CollectionValue } from "./collection-drafts.ts";
import { copyOf, isCollection, knowSettled, settled } from "./equality.ts";

type Fields = Record<string, unknown>;

export const isFields = (value: unknown): value is Readonly<Fields> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !isCollection(value);

/** One for all drafts, which are the targets: a draft is made for each record that an effect reads or writes. */
const handler: ProxyHandler<Draft> = {
  get: (draft, key) => draft.read(key),
  set: (draft, key, value) => draft.write(key, value),
  defineProperty: (draft, key, descriptor) => "value" in descriptor && draft.write(key, descriptor.value),
  deleteProperty: (draft, key) => draft.write(key, undefined),
  has: (draft, key) => draft.has(key) || key in Object.prototype,
  ownKeys: (draft) => draft.keys(),
  getOwnPropertyDescriptor: (draft, key) =>
    draft.has(key) ? { value: draft.read(key), enumerable: true, configurable: true, writable: true } : undefined,
  getPrototypeOf: () => Object.prototype,
};

export class Draft {
  private copy: Fields | undefined;
  /** What was read so far: drafts of records and maps, copies of all else that has parts. */
  private readonly parts = new Map<string, { readonly value: unknown; readonly draft: Draft | undefined }>();
  /** What user code sees. */
  readonly proxy: Fields;

  /** `base` is frozen through and through. */
  constructor(private readonly base: Readonly<Fields>) {
    this.proxy = new Proxy(this, handler) as unknown as Fields; // its traps answer for the fields
  }

  private get current(): Readonly<Fields> {
    return this.copy ?? this.base;
  }
  has(key: string | symbol): boolean {
    return typeof key === "string" && Object.hasOwn(this.current, key);
  }
  keys(): string[] {
    return Object.keys(this.current);
  }
  read(key: string | symbol): unknown {
    if (typeof key !== "string" || !this.has(key)) return Reflect.get(Object.prototype, key) as unknown;
    const known = this.parts.get(key);
    if (known !== undefined) return known.value;
    const value = this.current[key];
    if (typeof value !== "object" || value === null) return value;
    const draft = isFields(value) ? new Draft(value) : undefined;
    // A copy, since one place of a state is never the same object as another.
    const part = { value: draft?.proxy ?? (isCollection(value) ? this.collectionAt(key) : copyOf(value)), draft };
    this.parts.set(key, part);
    return part.value;
  }
  private collectionAt(key: string): object {
    return draftedPlace({
      path: key,
      get: () => this.current[key] as CollectionValue, // found to be one when it was read, and of the same kind by its type
      put: (value) => {
        this.copy ??= { ...this.base };
        this.copy[key] = value;
      },
    });
  }
  /** Of a partial map, a key without a value is a key that is not there. */
  write(key: string | symbol, value: unknown): boolean {
    if (typeof key !== "string") return false;
    const own = settled(value);
    this.parts.delete(key);
    this.copy ??= { ...this.base };
    if (own === undefined) Reflect.deleteProperty(this.copy, key);
    else if (key === "__proto__")
      Object.defineProperty(this.copy, key, { value: own, enumerable: true, configurable: true, writable: true });
    else this.copy[key] = own;
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
