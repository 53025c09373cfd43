/** The lesson of one counterexample as Markdown: the story, the diagram, the steps, and the rule that was missing. */
import { constantText } from "../../specs/language/constants.ts";
import type { Lanes } from "../../specs/language/instantiate.ts";
import { changeWithin, changesOf, pathText } from "../changes.ts";
import type { Judgement, Trace } from "../trace.ts";
import { callText, shortenMiddle, valueText } from "../value-text.ts";
import { mermaid } from "./mermaid.ts";
import { markdownTable } from "./table.ts";
import { conclusion } from "./text.ts";

/** What only a person can write about a counterexample. Every text is Markdown. */
export interface Lesson {
  readonly title: string;
  /** What happens, in plain words. */
  readonly story: string;
  /** What is wrong in the last state. */
  readonly wrong: string;
  /** The rule that the design lacks. */
  readonly missingRule: string;
  /** The command that makes the trace again. */
  readonly command: string;
  readonly lanes?: Lanes | undefined;
}

const MAX_CHANGES = 6;
const CHANGE_WIDTH = 110;

const code = (text: string): string => `\`${text.replaceAll("`", "'")}\``;

/** How a trace is shown in Markdown. */
export interface MarkdownOptions {
  readonly lanes?: Lanes | undefined;
  /** All changes of a step, and whole. */
  readonly full?: boolean;
  /** For a trace from outside, what was found of what it says of itself. */
  readonly judgement?: Judgement | undefined;
}

const changesCell = (trace: Trace, at: number, full: boolean): string => {
  const [before, after] = [trace.steps[at - 1], trace.steps[at]];
  if (before === undefined || after === undefined) return "";
  const changes = changesOf(before.state, after.state);
  const shown = full ? changes : changes.slice(0, MAX_CHANGES);
  const rest = [...new Set(changes.slice(shown.length).map((c) => code(pathText(c.path))))];
  const more = changes.length > shown.length ? [`and ${String(changes.length - shown.length)} more, of ${rest.join(", ")}`] : [];
  return [...shown.map((c) => code(changeWithin(c, full ? Infinity : CHANGE_WIDTH, changes))), ...more].join("<br>");
};

const stepTable = (trace: Trace, full: boolean): string =>
  markdownTable(
    ["State", "Action", "What changes"],
    trace.steps.map((step, at) => [
      String(at + 1),
      step.action === undefined
        ? "the initial state"
        : code(shortenMiddle(callText(step.action, step.arguments), full ? Infinity : CHANGE_WIDTH)),
      changesCell(trace, at, full),
    ]),
  );

const settings = (trace: Trace): string => {
  const pairs = [...Object.entries(trace.constants), ...Object.entries(trace.design)].map(([k, v]) => code(`${k}=${constantText(v)}`));
  return pairs.length === 0 ? "" : ` with ${pairs.join(", ")}`;
};

const claim = (trace: Trace): string =>
  trace.violated === undefined
    ? ""
    : trace.minimal
      ? "The trace is minimal: breadth-first search has exhausted every shorter behaviour within these bounds."
      : "The trace is not proven minimal: a shorter one may exist within these bounds.";

const diagram = (trace: Trace, { lanes, full = false }: MarkdownOptions): string =>
  "```mermaid\n" + mermaid(trace, lanes, { full }) + "\n```";

const lastState = (trace: Trace): string => {
  const state = Object.entries(trace.steps.at(-1)?.state ?? {}).map(([name, value]) => `${name} = ${valueText(value)}`);
  return "```\n" + state.join("\n") + "\n```";
};

const model = (trace: Trace): string => `Model ${code(trace.model)}${settings(trace)}.`;

const joined = (sections: readonly string[]): string => `${sections.map((s) => s.trim()).join("\n\n")}\n`;

/** A trace alone, for whoever has no lesson to add. */
export const markdown = (trace: Trace, options: MarkdownOptions = {}): string =>
  joined([
    `# ${trace.model}: ${trace.violated?.property ?? "a behaviour"}`,
    conclusion(trace, options.judgement),
    diagram(trace, options),
    "## Step by step",
    stepTable(trace, options.full === true),
    "## The last state",
    lastState(trace),
    "## Bounds",
    model(trace),
  ]);

/** The text of a counterexample's `.md` file, byte-identical for the same trace and lesson. */
export const lessonMarkdown = (trace: Trace, lesson: Lesson): string =>
  joined([
    `# ${lesson.title}`,
    lesson.story,
    diagram(trace, { lanes: lesson.lanes }),
    "## Step by step",
    stepTable(trace, false),
    "## Where it goes wrong",
    lesson.wrong,
    `${conclusion(trace)} State ${String(trace.steps.length)}:`,
    lastState(trace),
    "## The rule that was missing",
    lesson.missingRule,
    "## Bounds",
    `${model(trace)} ${claim(trace)}`,
    "```\n" + lesson.command + "\n```",
  ]);
