/** The written part of a counterexample: what only a person can tell, tied to the steps of the trace that it tells of. */
import type { Lesson } from "../explorer/report/index.ts";
import type { Trace } from "../explorer/trace.ts";
import type { Lanes } from "../specs/language/instantiate.ts";

/** A stretch of the story. `steps` are the steps that it tells, in the order of the trace: the action and its first argument that is a name or a number. */
export interface Chapter {
  readonly steps: readonly string[];
  readonly text: string;
}

/** Every text is Markdown. */
export interface LessonText {
  readonly title: string;
  /** What to know before the first step. */
  readonly setting: string;
  readonly chapters: readonly Chapter[];
  readonly wrong: string;
  readonly missingRule: string;
  /** How the trace differs from what the source tells; may be empty. */
  readonly besideTheSource: string;
  /** What has been searched in smaller models, and what has not; may be empty. */
  readonly bounds: string;
}

const stepText = ({ action, arguments: args }: Trace["steps"][number]): string => {
  const first = Object.values(args).find((a) => typeof a === "string" || typeof a === "number");
  return first === undefined ? (action ?? "init") : `${action ?? "init"} ${String(first)}`;
};

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

/** What `lessonMarkdown` prints; `picture` is shown beside what is wrong. */
export const lessonOf = (
  text: LessonText,
  trace: Trace,
  command: string,
  picture: string | undefined,
  lanes: Lanes | undefined,
): Lesson => ({
  title: text.title,
  story: story(text),
  wrong: picture === undefined ? text.wrong : `${text.wrong}\n\n${picture}`,
  missingRule: [
    text.missingRule,
    ...(text.besideTheSource === "" ? [] : [`## Beside the source\n\n${text.besideTheSource}`]),
    ...(text.bounds === "" ? [] : [`## Smaller models\n\n${text.bounds}`]),
  ].join("\n\n"),
  command,
  lanes,
});
