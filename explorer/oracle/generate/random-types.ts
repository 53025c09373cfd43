/** Random value sets and types. */
import { int } from "../syntax/types.ts";
import type { Fields, Type, ValueSetDeclaration } from "../syntax/types.ts";
import type { VariableDeclaration } from "../syntax/spec.ts";
import type { Dice } from "./dice.ts";

const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));

export const randomSets = (dice: Dice): readonly ValueSetDeclaration[] => {
  let left = dice.chance(30) ? 12 : 6; // permutations
  return ["A", "B", "C"].slice(0, 1 + dice.below(3)).map((name) => {
    const symmetric = dice.chance(60);
    let size = 1 + dice.below(3);
    if (size === 1 && dice.chance(70)) size = 2;
    while (symmetric && factorial(size) > left) size--;
    if (symmetric) left /= factorial(size);
    return { name, symmetric, size: Math.max(1, size) };
  });
};

/** The few types of which the values of one spec are made, so that values of equal types meet. */
export class TypePool {
  readonly scalars: readonly Type[];
  readonly keys: readonly Type[];
  readonly records: readonly Type[];
  readonly message: Type;

  constructor(
    private readonly dice: Dice,
    sets: readonly ValueSetDeclaration[],
  ) {
    const members: readonly Type[] = sets.map((s) => ({ kind: "member", set: s.name }));
    const names: Type = { kind: "enum", names: dice.chance(50) ? ["x", "y"] : ["x", "y", "z"] };
    this.scalars = [dice.pick([int(0, 2), int(0, 1), int(-1, 1)]), names, { kind: "bool" }, ...members];
    this.keys = [...members, ...members, names, int(0, 1)];
    this.records = dice.times(1, 2, () => ({ kind: "record", fields: this.fields(["f", "g", "h"], 1, 3) }));
    const destinations = dice.chance(50) ? members : [dice.pick(members)];
    this.message = {
      kind: "union",
      variants: Object.fromEntries(
        dice.times(1, 2, (i) => [`M${String(i)}`, { to: dice.pick(destinations), ...this.fields(["f", "g"], 0, 1) }] as const),
      ),
    };
  }

  private fields(names: readonly string[], from: number, to: number): Fields {
    const count = from + this.dice.below(to - from + 1);
    return Object.fromEntries(
      names.slice(0, count).map((n) => [n, this.dice.chance(15) ? { kind: "optional", element: this.scalar() } : this.scalar()] as const),
    );
  }
  scalar(): Type {
    return this.dice.pick(this.scalars);
  }
  private small(): Type {
    return this.dice.chance(60) ? this.scalar() : this.dice.chance(70) ? this.dice.pick(this.records) : this.message;
  }
  /** Any type that may lie inside another. */
  inner(depth: number): Type {
    const { dice } = this;
    switch (dice.below(depth > 0 ? 9 : 4)) {
      case 0:
      case 1:
        return this.scalar();
      case 2:
        return dice.pick(this.records);
      case 3:
        return { kind: "optional", element: this.small() };
      case 4:
        return { kind: "seq", element: this.small() };
      case 5:
        return { kind: "set", element: this.small() };
      case 6:
        return { kind: "partial", keys: dice.pick(this.keys), value: this.inner(depth - 1) };
      case 7:
        return {
          kind: "record",
          fields: { a: this.inner(depth - 1), b: this.inner(0) },
        };
      default:
        return { kind: "map", keys: dice.pick(this.keys), value: this.inner(depth - 1) };
    }
  }
  private variable(): Type {
    const { dice } = this;
    switch (dice.below(10)) {
      case 0:
        return { kind: "bag", element: this.small() };
      case 1:
      case 2:
        return { kind: "network", element: this.message, by: "to" };
      case 3:
        return { kind: "set", element: this.small() };
      case 4:
      case 5:
        return { kind: "map", keys: dice.pick(this.keys), value: this.inner(1) };
      default:
        return this.inner(2);
    }
  }
  variables(): VariableDeclaration[] {
    const { dice } = this;
    const types = dice.times(2, 5, () => this.variable());
    // Values of equal types are what aliasing needs.
    if (dice.chance(50)) types.push(dice.pick(types));
    return types.map((type, i) => ({ name: `v${String(i + 1)}`, type, style: dice.style() }));
  }
}
