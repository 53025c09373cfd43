/**
 * Canonical states. A state is frozen and canonical when every variable is what `decode` makes of its own encoding.
 * Each distinct value of a variable is kept once, so that states share what did not change and texts are computed once.
 */
import { decode, encode } from "../../specs/language/codec.ts";
import { BagValue, Counted, NetworkValue, SetValue } from "../../specs/language/collections.ts";
import { COLLECTION, rememberText } from "../../specs/language/equality.ts";
import type { SpecInstance, State } from "../../specs/language/instantiate.ts";
import type { CollectionSchema, Schema, Variable } from "../../specs/language/schema.ts";

/** How many values are remembered before remembering starts afresh; only speed depends on it. */
const KEPT_VALUES = 50_000;

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

/** The canonical values of one schema, each kept once, with their texts. */
class CanonicalValues {
  private readonly texts = new WeakMap<object, string>();
  private readonly values = new Map<string, unknown>();

  constructor(
    protected readonly schema: Schema,
    protected readonly name: string,
  ) {}
  /** Encoding is TypeOK: throws SpecError with the path of what does not fit. */
  text(value: unknown): string {
    return (isObject(value) ? this.texts.get(value) : undefined) ?? this.encoded(value);
  }
  of(value: unknown): unknown {
    const text = this.text(value);
    if (this.values.has(text)) return this.values.get(text);
    const canonical = this.decoded(text, value);
    if (this.values.size >= KEPT_VALUES) this.values.clear();
    this.values.set(text, canonical);
    // Only what is frozen can be remembered by identity, and what `decode` made is.
    if (isObject(canonical)) this.texts.set(canonical, text);
    return canonical;
  }
  protected encoded(value: unknown): string {
    return encode(this.schema, value, this.name);
  }
  protected decoded(text: string, _value: unknown): unknown {
    const canonical = decode(this.schema, text);
    if (isObject(canonical)) rememberText(canonical);
    return canonical;
  }
}

/** Sets, bags and networks share their elements between states: a step sends or delivers few of many messages. */
class CanonicalCollections extends CanonicalValues {
  private readonly elements: CanonicalValues;

  constructor(
    private readonly collection: CollectionSchema,
    name: string,
  ) {
    super(collection, name);
    this.elements = new CanonicalValues(collection.element, `${name}{…}`);
  }
  /** The same text that `encode` gives. */
  protected override encoded(value: unknown): string {
    if (!(value instanceof Counted) || value[COLLECTION] !== this.collection.kind) return super.encoded(value);
    const texts = value.entries().map(([element, count]) => {
      const text = this.elements.text(element);
      return this.collection.kind === "set" ? text : `[${text},${String(count)}]`;
    });
    return `[${texts.sort().join(",")}]`;
  }
  protected override decoded(text: string, value: unknown): unknown {
    if (!(value instanceof Counted)) return super.decoded(text, value);
    const entries = value.entries().map(([element, count]) => [this.elements.of(element), count] as const);
    if (this.collection.kind === "set") return SetValue.of(entries.map(([element]) => element));
    return this.collection.kind === "bag" ? new BagValue(entries) : new NetworkValue(entries, this.collection.by);
  }
}

interface CanonicalVariable {
  readonly name: string;
  readonly values: CanonicalValues;
}
const valuesOf = ({ name, schema }: Variable): CanonicalValues =>
  schema.kind === "set" || schema.kind === "bag" || schema.kind === "network"
    ? new CanonicalCollections(schema, name)
    : new CanonicalValues(schema, name);

const known = new WeakMap<SpecInstance, readonly CanonicalVariable[]>();

const canonicalVariables = (instance: SpecInstance): readonly CanonicalVariable[] => {
  const found = known.get(instance) ?? instance.variables.map((v) => ({ name: v.name, values: valuesOf(v) }));
  known.set(instance, found);
  return found;
};

/** The canonical text of a whole state: equal exactly for equal states. Throws SpecError where TypeOK does not hold. */
export const stateText = (instance: SpecInstance, state: State): string =>
  canonicalVariables(instance)
    .map((v) => v.values.text(state[v.name]))
    .join("|");

/** The canonical, frozen form of a state; variables that are already those of `before` are kept as they are. */
export const canonicalState = (instance: SpecInstance, state: State, before?: State): State => {
  const canonical: Record<string, unknown> = {};
  for (const v of canonicalVariables(instance)) {
    const value = state[v.name];
    canonical[v.name] = before !== undefined && before[v.name] === value ? value : v.values.of(value);
  }
  return Object.freeze(canonical);
};

export const sameState = (instance: SpecInstance, a: State, b: State): boolean =>
  a === b || stateText(instance, a) === stateText(instance, b);
