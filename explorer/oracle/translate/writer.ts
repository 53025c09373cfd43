/** What the writers of one spec share: names for locals, the constants of the module, the choice of a style. */
import type { Type } from "../syntax/types.ts";
import type { SpecSyntax } from "../syntax/spec.ts";

export class Writer {
  private locals = 0;
  private readonly constants = new Map<string, string>();

  constructor(readonly spec: SpecSyntax) {}

  local(): string {
    return `q${String(++this.locals)}`;
  }
  /** The name of a constant of the module; equal texts share one. */
  constant(text: string): string {
    const known = this.constants.get(text) ?? `constant${String(this.constants.size + 1)}`;
    this.constants.set(text, known);
    return known;
  }
  get declarations(): readonly string[] {
    return [...this.constants].map(([text, name]) => `const ${name} = ${text};`);
  }
  isNumeric(type: Type): boolean {
    return type.kind === "int" || (type.kind === "member" && this.spec.sets.some((s) => s.name === type.set && !s.symmetric));
  }
}

export type Style = () => string;
/** One of the ways to write a thing; the first is the plainest. */
export const styled = (style: number, ways: readonly (Style | undefined | false)[]): string => {
  const possible = ways.filter((w): w is Style => typeof w === "function");
  const way = possible[style % possible.length];
  if (way === undefined) throw new RangeError("there is no way to write it");
  return way();
};
export const listOf = (set: string): string => `membersOf${set}`;
