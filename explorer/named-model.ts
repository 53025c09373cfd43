/** How a name finds a model among several. */
import { LockstepError } from "../specs/language/errors.ts";
import type { Model } from "./model.ts";

/** How many single-character edits turn one name into the other (Levenshtein). */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
};

const nearest = (models: readonly Model[], name: string): string | undefined => {
  const ranked = models.map((m) => ({ name: m.name, edits: distance(name.toLowerCase(), m.name) })).sort((a, b) => a.edits - b.edits);
  const best = ranked[0];
  return best !== undefined && best.edits <= Math.max(2, best.name.length / 3) ? best.name : undefined;
};

/** Throws LockstepError "load" for a name that none of the models has; the message lists the names, and a likely one first. */
export const namedModel = (models: readonly Model[], name: string): Model => {
  const model = models.find((m) => m.name === name);
  if (model !== undefined) return model;
  const hint = nearest(models, name);
  throw new LockstepError(
    "load",
    `there is no model ${name}${hint === undefined ? "." : `; did you mean ${hint}?`} The models are ${models.map((m) => m.name).join(", ")}`,
  );
};
