/** The findings of a lattice in words, always with the bounds of the models that were run. */
import type { Design } from "../specs/language/instantiate.ts";
import { assignmentsText } from "./command-line.ts";
import type { LatticeFindings, SwitchFinding } from "./lattice.ts";

const switchText = (f: SwitchFinding): string => {
  const choice = `${f.name}=${String(f.choice)}`;
  switch (f.kind) {
    case "necessary":
      return `  ${choice} is necessary: ${f.name}=${String(f.instead)} alone violates ${f.property} in ${f.length} states.`;
    case "not shown necessary":
      return `  ${choice} is not shown to be necessary: ${f.instead.map((c) => `${f.name}=${String(c)}`).join(" and ")} alone holds as well.`;
    case "not run alone":
      return `  ${choice}: no design was run that differs in this switch alone.`;
  }
};

const sufficientText = (set: Design): string => `  ${assignmentsText(set) || "none of them"}`;

/** `bounds` are the constants of the models, as text. */
export const findingsText = (found: LatticeFindings, bounds: readonly string[]): string =>
  [
    `Relative to the design ${assignmentsText(found.reference)}, in the models run (${bounds.join("; ")}):`,
    ...found.switches.map(switchText),
    "Smallest sets of these choices that were sufficient, the other switches set otherwise:",
    ...found.sufficient.map(sufficientText),
  ].join("\n");
