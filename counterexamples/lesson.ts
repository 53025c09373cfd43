/** The written part of a counterexample: what only a person can tell, tied to the steps of the trace that it tells of. */
import { z } from "zod";
import { markdownTable } from "../explorer/report/index.ts";
import type { Lesson } from "../explorer/report/index.ts";
import type { Trace } from "../explorer/trace.ts";

/** A stretch of the story. `steps` are the steps that it tells, in the order of the trace: the action and its replica. */
export interface Chapter {
  readonly steps: readonly string[];
  readonly text: string;
}

/** Every text is Markdown. Replicas are r1, r2, r3; values are v1, v2, …, as in the trace. */
export interface LessonText {
  readonly title: string;
  /** What to know before the first step. */
  readonly setting: string;
  readonly chapters: readonly Chapter[];
  readonly wrong: string;
  readonly missingRule: string;
  /** How the trace differs from the figure of the article. */
  readonly besideTheArticle: string;
  /** What has been searched in smaller models, and what has not. */
  readonly bounds: string;
}

const stepText = ({ action, arguments: args }: Trace["steps"][number]): string => `${action ?? "init"} ${String(args["r"])}`;

/** Why the story is not that of the trace, or undefined. A trace that changes needs its story told anew. */
export const storyFault = (trace: Trace, lesson: LessonText): string | undefined => {
  const told = lesson.chapters.flatMap((c) => c.steps);
  const happened = trace.steps.slice(1).map(stepText);
  const at = Array.from({ length: Math.max(told.length, happened.length) }, (_, i) => i).find((i) => told[i] !== happened[i]);
  if (at === undefined) return undefined;
  const [tells, does] = [told[at] ?? "nothing", happened[at] ?? "nothing"];
  return `the lesson "${lesson.title}" tells of ${tells} in state ${String(at + 2)}, where the trace does ${does}`;
};

/** `**States 2 to 8.** text`, one paragraph a chapter. */
const story = ({ setting, chapters }: LessonText): string => {
  let next = 2;
  const paragraphs = chapters.map(({ steps, text }) => {
    const [first, last] = [next, next + steps.length - 1];
    next = last + 1;
    return `**${first === last ? `State ${String(first)}` : `States ${String(first)} to ${String(last)}`}.** ${text}`;
  });
  return [setting, ...paragraphs].join("\n\n");
};

const Replicas = z.record(
  z.string(),
  z.object({
    status: z.string(),
    viewNumber: z.number(),
    lastNormalView: z.number(),
    log: z.array(z.string()),
    commitNumber: z.number(),
  }),
);

/** The replicas of the last state, for the eye; the whole state follows it in the lesson. */
const lastReplicas = (trace: Trace): string =>
  markdownTable(
    ["Replica", "Status", "View", "Last normal view", "Log", "Commit number"],
    Object.entries(Replicas.parse(trace.steps.at(-1)?.state["replicas"])).map(
      ([r, { status, viewNumber, lastNormalView, log, commitNumber }]) => [
        `r${r}`,
        status,
        viewNumber,
        lastNormalView,
        `⟨${log.join(", ")}⟩`,
        commitNumber,
      ],
    ),
  );

/** What `lessonMarkdown` prints. */
export const lessonOf = (text: LessonText, trace: Trace, command: string): Lesson => ({
  title: text.title,
  story: story(text),
  wrong: `${text.wrong}\n\n${lastReplicas(trace)}`,
  missingRule: `${text.missingRule}\n\n## Beside the article\n\n${text.besideTheArticle}\n\n## Smaller models\n\n${text.bounds}`,
  command,
});
