/** What all Mermaid diagrams of traces have in common. */
import type { Trace } from "../trace.ts";

/** Mermaid ends a statement at `;` and reads `#…;` and tags as markup; TLA+'s own angle brackets need no escape. */
export const escaped = (text: string): string =>
  text
    .replaceAll("#", "#35;")
    .replaceAll("<<", "⟨")
    .replaceAll(">>", "⟩")
    .replace(/[;<>]/g, (c) => (c === ";" ? "#59;" : c === "<" ? "#lt;" : "#gt;"))
    .replace(/#35#59;/g, "#35;");

/** What the last state of a trace shows. */
export const verdictText = ({ violated, steps }: Trace): string => {
  const { kind, property } = violated ?? { kind: "witness", property: "the end" };
  const verdict = kind === "deadlock" ? "no action is enabled" : kind === "witness" ? `${property} is reached` : `${property} is violated`;
  return `State ${String(steps.length)}: ${escaped(verdict)}`;
};
