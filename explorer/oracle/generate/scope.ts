/** What a random expression may read. */
import { isScalar, sameType } from "../syntax/types.ts";
import type { Type } from "../syntax/types.ts";
import type { Expression } from "../syntax/expressions.ts";
import type { SpecSyntax, VariableDeclaration } from "../syntax/spec.ts";
import { at, field, literal, make, named, next, now } from "./build.ts";
import type { Dice } from "./dice.ts";

export interface Name {
  readonly name: string;
  readonly type: Type;
}

export class Scope {
  constructor(
    readonly dice: Dice,
    readonly sets: SpecSyntax["sets"],
    readonly variables: readonly VariableDeclaration[],
    readonly reads: { readonly now: boolean; readonly next: boolean },
    readonly names: readonly Name[] = [],
    private readonly counter = { bound: 0 },
  ) {}

  with(...names: readonly Name[]): Scope {
    return new Scope(this.dice, this.sets, this.variables, this.reads, [...this.names, ...names], this.counter);
  }
  reading(now: boolean, next: boolean): Scope {
    return new Scope(this.dice, this.sets, this.variables, { now, next }, this.names, this.counter);
  }
  fresh(): string {
    return `x${String(++this.counter.bound)}`;
  }
  isSymmetric(set: string): boolean {
    return this.sets.some((s) => s.name === set && s.symmetric);
  }
  sizeOf(set: string): number {
    return this.sets.find((s) => s.name === set)?.size ?? 1;
  }

  /** Some member of a type of scalars; undefined where only a symmetric member that is at hand would do, and none is. */
  scalar(type: Type): Expression | undefined {
    const { dice } = this;
    const known = dice.maybe(this.names.filter((n) => sameType(n.type, type)));
    if (known !== undefined && dice.chance(70)) return named(known.name, known.type);
    switch (type.kind) {
      case "bool":
        return literal(type, dice.chance(50));
      case "int":
        return literal(type, type.min + dice.below(type.max - type.min + 1));
      case "enum":
        return literal(type, dice.pick(type.names));
      case "member":
        if (this.isSymmetric(type.set)) return known && named(known.name, known.type);
        return literal(type, 1 + dice.below(this.sizeOf(type.set)));
      default:
        return undefined;
    }
  }

  private roots(): readonly Expression[] {
    const { reads, variables, names } = this;
    return [
      ...(reads.now ? variables.map((v) => now(v.name, v.type)) : []),
      ...(reads.next ? variables.map((v) => next(v.name, v.type)) : []),
      ...names.map((n) => named(n.name, n.type)),
    ];
  }
  /** Mostly the plainest way, so that a text can still be read. */
  style(): number {
    return this.dice.chance(50) ? 0 : this.dice.style();
  }
  /** What lies directly below a value that is read. */
  private below(e: Expression): readonly Expression[] {
    const { type } = e;
    if (type.kind === "record") return Object.entries(type.fields).map(([name, t]) => field(e, name, t));
    if (type.kind !== "map") return [];
    const key = this.scalar(type.keys);
    return key === undefined ? [] : [at(e, key, type.value)];
  }
  /** Everything that can be read, in all depths. */
  everything(): readonly Expression[] {
    const expand = (e: Expression, depth: number): readonly Expression[] =>
      depth === 0 ? [e] : [e, ...this.below(e).flatMap((b) => expand(b, depth - 1))];
    return this.roots().flatMap((r) => expand(r, 3));
  }
  /** Something to read for which a test holds. */
  some(test: (type: Type) => boolean): Expression | undefined {
    const found = this.dice.maybe(this.everything().filter((e) => test(e.type)));
    return found && this.styled(found);
  }
  /** Each access on the way in a style of its own. */
  private styled(e: Expression): Expression {
    const [owner, ...keys] = e.args;
    return { ...e, style: this.style(), args: owner === undefined ? [] : [this.styled(owner), ...keys] };
  }

  /** A value that reads nothing but names; undefined where there is none of the type. */
  constant(type: Type): Expression | undefined {
    const { dice } = this;
    if (isScalar(type)) return this.scalar(type);
    const style = dice.style();
    const all = (types: readonly Type[]): readonly Expression[] | undefined => {
      const values = types.map((t) => this.constant(t));
      return values.every((v) => v !== undefined) ? values : undefined;
    };
    switch (type.kind) {
      case "optional": {
        const value = dice.chance(60) ? this.constant(type.element) : undefined;
        return value === undefined ? literal(type, null) : make("present", type, [value]);
      }
      case "seq":
        return make("list", type, all(Array.from({ length: dice.below(3) }, () => type.element)) ?? [], { style });
      case "set":
        return make("setOf", type, all(Array.from({ length: dice.below(3) }, () => type.element)) ?? [], { style });
      case "record": {
        const values = all(Object.values(type.fields));
        return values && make("record", type, values, { style });
      }
      case "union": {
        const [tag, fields] = dice.pick(Object.entries(type.variants));
        const values = all(Object.values(fields));
        return values && make("variant", type, values, { name: tag, style });
      }
      case "map":
        return this.functionOf(type.keys, type, style);
      case "partial": {
        const [key, value] = [this.constant(type.keys), this.constant(type.value)];
        const none = make("noKeys", type, [], { style });
        if (type.keys.kind === "member" && dice.chance(40)) return this.functionOf(type.keys, type, style);
        return key === undefined || value === undefined || dice.chance(50) ? none : make("withKey", type, [none, key, value], { style });
      }
      default:
        return undefined;
    }
  }
  /** A function on all keys. */
  private functionOf(keys: Type, type: Extract<Type, { kind: "map" | "partial" }>, style: number): Expression | undefined {
    if (keys.kind === "member") {
      const binds = this.fresh();
      const scope = this.dice.chance(40) ? this.with({ name: binds, type: keys }) : this;
      const value = scope.constant(type.value);
      return value && make("mapOf", type, [value], { name: keys.set, binds, style });
    }
    const all =
      keys.kind === "enum"
        ? keys.names
        : keys.kind === "int"
          ? Array.from({ length: keys.max - keys.min + 1 }, (_, i) => keys.min + i)
          : [];
    return all.reduce<Expression | undefined>(
      (so, key) => {
        const value = this.constant(type.value);
        return so && value && make("withKey", type, [so, literal(keys, key), value], { style: 0 });
      },
      make("noKeys", type),
    );
  }
}
