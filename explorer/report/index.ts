/** Pure formatters of traces and tables. */
export { diffText, diffTraces } from "./diff.ts";
export type { DiffRow } from "./diff.ts";
export { flowOf } from "./flow.ts";
export { fromItf, itfText, readItf, toItf } from "./itf.ts";
export type { Itf } from "./itf.ts";
export { lessonMarkdown, markdown } from "./markdown.ts";
export type { Lesson } from "./markdown.ts";
export { mermaid } from "./mermaid.ts";
export { plain } from "./painter.ts";
export type { Painter } from "./painter.ts";
export { spaceTimeText } from "./space-time.ts";
export { markdownTable, table, thousands } from "./table.ts";
export { stepTitle, traceText } from "./text.ts";
