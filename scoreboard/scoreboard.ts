/** What is counted: how much of what is wrong the checks notice, always with the number of all. */
import { z } from "zod";
import { markdownTable } from "../explorer/report/index.ts";
import { maxStates } from "./guard-mutants.ts";
import { SyntacticMutants } from "./syntactic-mutants.ts";

const Count = z.strictObject({ caught: z.number(), total: z.number() });
const Cell = z.strictObject({ ok: z.boolean(), shown: z.string() });
const tourCells = { tourOfDefective: Cell, tourOfProduction: Cell };
const Row = z.strictObject({
  counterexample: z.string(),
  defect: z.string(),
  cells: z.strictObject({ defective: Cell, production: Cell, ...tourCells }),
});
const TourRow = z.strictObject({ defect: z.string(), cells: z.strictObject(tourCells) });

export const Scoreboard = z.strictObject({
  /** Distinct defects; all cells of all their rows are as required. */
  seededDefects: Count,
  counterexamples: z.strictObject({
    rows: z.array(Row),
    notDriven: z.array(z.strictObject({ counterexample: z.string(), reason: z.string() })),
  }),
  moreDefects: z.array(TourRow),
  /** `untold`: guards that decide nothing alone in any state that was searched. */
  harnessMutants: Count.extend({ missed: z.array(z.string()), untold: z.array(z.string()) }),
  syntacticMutants: SyntacticMutants,
  edgeCoverage: z.record(
    z.string(),
    z.strictObject({ covered: z.number(), total: z.number().nullable(), probes: z.number(), falseAlarms: z.number() }),
  ),
  /** `acceptedUnchecked`: those of the accepted ones that changed what the validation says that it does not check. */
  alteredLogs: z.strictObject({
    rejected: z.number(),
    acceptedWithBehaviour: z.number(),
    acceptedUnchecked: z.number(),
    inconclusive: z.number(),
    total: z.number(),
  }),
});
export type Scoreboard = z.infer<typeof Scoreboard>;

/** Of the mutants of a module. */
const leastShare = 0.8;

/** What is not as it should be. */
export const shortcomings = (board: Scoreboard): readonly string[] => {
  const { counterexamples, moreDefects, harnessMutants, syntacticMutants, edgeCoverage, alteredLogs } = board;
  const named = [
    ...counterexamples.rows.map((row) => ({ ...row, name: row.counterexample })),
    ...moreDefects.map((row) => ({ ...row, name: row.defect })),
  ];
  return [
    ...named.flatMap(({ name, cells }) =>
      Object.entries(cells).flatMap(([cell, { ok, shown }]) => (ok ? [] : [`${name}: ${cell} is not as required: ${shown}`])),
    ),
    ...harnessMutants.missed.map((name) => `mutant of the harness not noticed: ${name}`),
    ...Object.entries(edgeCoverage).flatMap(([model, { falseAlarms }]) =>
      falseAlarms > 0 ? [`${model}: a false alarm on production`] : [],
    ),
    ...Object.entries(syntacticMutants.files).flatMap(([file, count]) =>
      count.caught >= leastShare * count.total
        ? []
        : [`${file}: ${percent(count)} of its mutants are noticed, at least ${percent({ caught: leastShare, total: 1 })} must be`],
    ),
    ...syntacticMutants.notRun.map((file) => `${file}: its mutants have not been run`),
    ...(alteredLogs.inconclusive > 0 ? [`${alteredLogs.inconclusive} altered journals are inconclusive`] : []),
  ];
};

const mark = ({ ok, shown }: z.infer<typeof Cell>): string => (ok ? shown : `**${shown}**`);

const matrixText = ({ rows, notDriven }: Scoreboard["counterexamples"]): string => {
  const header = ["counterexample", "defect", "engine with the defect", "production", "tour over the defect", "tour of production"];
  const table = markdownTable(
    header,
    rows.map(({ counterexample, defect, cells: c }) => [
      counterexample,
      defect,
      mark(c.defective),
      mark(c.production),
      mark(c.tourOfDefective),
      mark(c.tourOfProduction),
    ]),
  );
  const others = notDriven.map(({ counterexample, reason }) => `- \`${counterexample}\`: ${reason}`);
  return [table, ...(others.length === 0 ? [] : ["", "Counterexamples that are not driven on the engine:", "", ...others])].join("\n");
};

const moreText = (rows: Scoreboard["moreDefects"]): string =>
  markdownTable(
    ["defect", "tour over the defect", "tour of production"],
    rows.map(({ defect, cells }) => [defect, mark(cells.tourOfDefective), mark(cells.tourOfProduction)]),
  );

const percent = ({ caught, total }: z.infer<typeof Count>): string => `${((100 * caught) / total).toFixed(1)}%`;
/** A line of code in a table. */
const code = (text: string): string => (text.includes("`") ? `\`\` ${text} \`\`` : `\`${text}\``);

const syntacticText = (mutants: SyntacticMutants): readonly string[] => [
  markdownTable(
    ["module", "caught", "of", ""],
    [
      ...Object.entries(mutants.files).map(([file, count]) => [file, String(count.caught), String(count.total), percent(count)]),
      ...mutants.notRun.map((file) => [file, "**not run**", "", ""]),
    ],
  ),
  "",
  "Those that survive, and why no test is to notice them:",
  "",
  ...Object.keys(mutants.files).flatMap((file) => {
    const survivors = mutants.survivors.filter((s) => s.file === file);
    if (survivors.length === 0) return [];
    const rows = survivors.map((s) => [code(s.mutation), code(s.line), s.reason === "not explained" ? `**${s.reason}**` : s.reason]);
    return [`### ${file}`, "", markdownTable(["mutation", "in", "reason"], rows), ""];
  }),
];

/** The page. What is in bold is not as it should be. */
export const scoreboardPage = (board: Scoreboard): string => {
  const { seededDefects, counterexamples, moreDefects, harnessMutants, syntacticMutants, edgeCoverage, alteredLogs } = board;
  return [
    "# Scoreboard",
    "",
    "Written by `npm run scoreboard` from `scoreboard.json`: proof that the checks of conformance can fail. What is in bold is not as it should be.",
    "",
    markdownTable(
      ["what was wrong", "noticed", "of"],
      [
        ["seeded defects of the engine", String(seededDefects.caught), String(seededDefects.total)],
        ["mutants of the harness", String(harnessMutants.caught), String(harnessMutants.total)],
        ["syntactic mutants of protocol modules", String(syntacticMutants.caught), String(syntacticMutants.total)],
        ["alterations of a real run's journal: rejected", String(alteredLogs.rejected), String(alteredLogs.total)],
        ["accepted, and the behaviour confirmed", String(alteredLogs.acceptedWithBehaviour), String(alteredLogs.total)],
        ["of these, in an argument that is listed as unchecked", String(alteredLogs.acceptedUnchecked), String(alteredLogs.total)],
      ],
    ),
    "",
    "## Seeded defects, and the counterexamples that they reproduce",
    "",
    "A row is right when the engine with the defect reproduces the counterexample with equal states, production is refused at the state at",
    "which the fixed spec is, and a tour of the fixed spec ends over the defect at the declared action and passes on production.",
    "",
    matrixText(counterexamples),
    "",
    "Seeded defects that no committed counterexample shows:",
    "",
    moreText(moreDefects),
    "",
    "## Tours of production",
    "",
    markdownTable(
      ["model", "edges", "of", "forbidden steps tried", "false alarms"],
      Object.entries(edgeCoverage).map(([model, c]) => [
        model,
        String(c.covered),
        c.total === null ? "a sample" : String(c.total),
        String(c.probes),
        String(c.falseAlarms),
      ]),
    ),
    "",
    "## Mutants of the harness that were missed",
    "",
    harnessMutants.missed.length === 0 ? "None." : harnessMutants.missed.map((name) => `- ${name}`).join("\n"),
    "",
    `In no state that was searched (up to ${maxStates} of each of three models) does this conjunct alone forbid its action, so that nothing tells these:`,
    "",
    ...harnessMutants.untold.map((name) => `- ${name}`),
    "",
    "## Syntactic mutants",
    "",
    ...syntacticText(syntacticMutants),
  ].join("\n");
};
