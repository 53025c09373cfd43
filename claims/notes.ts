/** A claims table as text, and its place in a system's NOTES.md. */
import { markdownTable } from "../explorer/report/index.ts";
import type { Check, Claim, ClaimsTable } from "./claim.ts";

const BEGIN = "<!-- written by npm run claims, from here -->";
const END = "<!-- to here -->";

/** The command that runs a check. */
export const commandText = ({ model, constants, design, property }: Check): string => {
  const pairs = (option: string, of: object = {}): string[] => Object.entries(of).map(([k, v]) => `${option} ${k}=${String(v)}`);
  const invariant = property === "everything" || property === "deadlock" ? [] : [`--invariant ${property}`];
  return ["check", model, ...pairs("--const", constants), ...pairs("--design", design), ...invariant].join(" ");
};

const outcomeText = ({ expected, property, counterexample }: Check): string => {
  if (expected.verdict === "holds") return property === "everything" ? "all properties hold" : `${property} holds`;
  const text = `${expected.property} is violated in ${String(expected.length)} states`;
  return counterexample === undefined ? text : `[${text}](../../counterexamples/${counterexample}.md)`;
};

const row = ({ place, claim, verdict, checks }: Claim): readonly string[] => [
  place,
  claim,
  verdict,
  checks.map((c) => `${outcomeText(c)}: \`${commandText(c)}\``).join("<br>"),
];

export const claimsText = ({ document, claims }: ClaimsTable): string =>
  [
    `Source: ${document}. Every search is exhaustive within the bounds of its model (\`lockstep list\` prints them); a command is run as \`npm run -s lockstep -- COMMAND\`.`,
    markdownTable(
      ["Where", "Claim", "What the model says", "By"],
      claims.map((c) => row(c)),
    ),
  ].join("\n\n");

/** The notes with the table between its marks. Throws Error when the marks are missing. */
export const withClaims = (notes: string, table: ClaimsTable): string => {
  const [begin, end] = [notes.indexOf(BEGIN), notes.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`the NOTES.md of ${table.system} has no lines "${BEGIN}" and "${END}"`);
  return `${notes.slice(0, begin + BEGIN.length)}\n\n${claimsText(table)}\n\n${notes.slice(end)}`;
};
