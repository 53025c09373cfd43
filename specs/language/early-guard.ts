/**
 * Which conjuncts of a guard can be asked before all parameters are chosen. A conjunct names what it reads in the pattern
 * of its argument, as `({ now, r }) => …` does; of those at the start of the list, each is asked as soon as what it names
 * is chosen, so that no choice is made, and no domain computed, behind a guard that is false already.
 */

/** The names in the pattern of a function's one argument; undefined where its text does not tell. */
export const namesRead = (f: (scope: never) => unknown): readonly string[] | undefined => {
  const text = Function.prototype.toString.call(f);
  if (/\barguments\b|\[native code\]/.test(text)) return undefined;
  if (/^(?:function)?\s*\w*\s*\(\s*\)/.test(text)) return [];
  const pattern = /^(?:function)?\s*\w*\s*\(\s*\{([^{}]*)\}\s*(?::[^)]*)?\)/.exec(text)?.[1];
  if (pattern === undefined) return undefined;
  const items = pattern.split(",").map((item) => item.trim());
  const names = items.filter((item) => item !== "").map((item) => /^(\w+)(?:\s*:\s*\w+)?$/.exec(item)?.[1]);
  return names.every((n) => n !== undefined) ? names : undefined;
};

const known = new WeakMap<readonly unknown[], readonly number[]>();
/** As below, for an action; computed once. */
export const earlyOf = (action: {
  readonly parameters: readonly { readonly name: string }[];
  readonly conjuncts: readonly ((scope: never) => unknown)[];
}): readonly number[] => {
  const found = known.get(action.conjuncts);
  if (found !== undefined) return found;
  const early = earlyConjuncts(
    action.parameters.map((p) => p.name),
    action.conjuncts,
  );
  known.set(action.conjuncts, early);
  return early;
};

/** By the number of parameters chosen, fewer than all: how many of the first conjuncts can be asked. */
export const earlyConjuncts = (parameters: readonly string[], conjuncts: readonly ((scope: never) => unknown)[]): readonly number[] => {
  const needed = conjuncts.map((c) => {
    const names = namesRead(c);
    return names === undefined ? parameters.length : Math.max(0, ...names.map((n) => parameters.indexOf(n) + 1));
  });
  return parameters.map((_, chosen) => {
    const first = needed.findIndex((n) => n > chosen);
    return first < 0 ? conjuncts.length : first;
  });
};
