/**
 * The next value of a record or map, copied only along the paths that an effect writes. Sequences and sets are replaced
 * as a whole in the language, so they are never drafted.
 */
import { Counted } from "../../specs/language/collections.ts";

type Fields = Record<string, unknown>;

export const isFields = (value: unknown): value is Readonly<Fields> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Counted);

/** Draft -> how to finish it. */
const open = new WeakMap<object, Draft>();

export class Draft {
  private copy: Fields | undefined;
  private readonly children = new Map<string, Draft>();
  readonly proxy: Fields;

  constructor(private readonly base: Readonly<Fields>) {
    // The target is the base in another prototype, so that its frozen properties do not bind the proxy.
    this.proxy = new Proxy<Fields>(
      {},
      {
        get: (_, key) => (typeof key === "string" ? this.get(key) : undefined),
        set: (_, key, value) => this.set(String(key), value),
        deleteProperty: (_, key) => this.delete(String(key)),
        has: (_, key) => key in this.current,
        ownKeys: () => Object.keys(this.current),
        getOwnPropertyDescriptor: (_, key) =>
          typeof key === "string" && Object.hasOwn(this.current, key)
            ? { value: this.get(key), enumerable: true, configurable: true, writable: true }
            : undefined,
      },
    );
    open.set(this.proxy, this);
  }

  private get current(): Readonly<Fields> {
    return this.copy ?? this.base;
  }
  private get(key: string): unknown {
    const child = this.children.get(key);
    if (child !== undefined) return child.proxy;
    const value = this.current[key];
    if (!isFields(value) || open.has(value)) return value;
    const draft = new Draft(value);
    this.children.set(key, draft);
    return draft.proxy;
  }
  private set(key: string, value: unknown): boolean {
    this.children.delete(key);
    (this.copy ??= { ...this.base })[key] = value;
    return true;
  }
  private delete(key: string): boolean {
    this.children.delete(key);
    this.copy ??= { ...this.base };
    return Reflect.deleteProperty(this.copy, key);
  }

  /** The frozen result; the base itself if nothing was written. */
  finish(): Readonly<Fields> {
    for (const [key, child] of this.children) {
      const value = child.finish();
      if (value !== this.current[key]) (this.copy ??= { ...this.base })[key] = value;
    }
    if (this.copy === undefined) return this.base;
    for (const [key, value] of Object.entries(this.copy)) this.copy[key] = finished(value);
    return Object.freeze(this.copy);
  }
}

const finished = (value: unknown): unknown => {
  if (!isFields(value)) return Array.isArray(value) ? Object.freeze(value.map(finished)) : value;
  const draft = open.get(value);
  if (draft !== undefined) return draft.finish();
  if (Object.isFrozen(value)) return value;
  return Object.freeze(Object.fromEntries(Object.entries(value).map(([k, v]) => [k, finished(v)])));
};
