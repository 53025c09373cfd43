/** How states are held and expanded: as packed words with decision trees, or as clusters with remembered lists. */
import type { SpecInstance } from "../../../specs/language/instantiate.ts";
import type { PackedLayout } from "../tracked/packed-layout.ts";

export type Path = "packed" | "lists";

/**
 * The path for a search. Symmetry and reductions work on clusters. Of what is not packed, such as sequences and networks,
 * a few large values recur, and lists serve them; `wanted` is for tests, which take the packed path wherever it can be taken.
 */
export const chosenPath = (
  instance: SpecInstance,
  plan: { readonly symmetry: boolean; readonly reductions: boolean },
  layout: PackedLayout,
  wanted: Path | undefined,
): Path => {
  const usesClusters = (plan.symmetry && instance.symmetricSets.length > 0) || (plan.reductions && instance.reductions.length > 0);
  if (usesClusters || !layout.fits || wanted === "lists") return "lists";
  return wanted === "packed" || layout.isPacked ? "packed" : "lists";
};
