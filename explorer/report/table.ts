/** Plain text tables: numbers to the right with thousands separated, everything else to the left. */
export type Cell = string | number | undefined;

/** 1234567 as 1,234,567; the same everywhere, whatever the locale. */
export const thousands = (n: number): string => {
  const [whole = "", fraction] = String(n).split(".");
  if (!/^-?\d+$/.test(whole)) return String(n);
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
};

const textOf = (cell: Cell): string => (cell === undefined ? "" : typeof cell === "number" ? thousands(cell) : cell);

/** Rows under their headings. A column is aligned to the right when all that it holds are numbers. */
export const table = (headings: readonly string[], rows: readonly (readonly Cell[])[]): string => {
  const columns = headings.map((heading, c) => {
    const cells = rows.map((row) => row[c]);
    const numeric = cells.some((x) => typeof x === "number") && cells.every((x) => typeof x === "number" || x === undefined);
    const width = Math.max(heading.length, ...cells.map((x) => textOf(x).length));
    return (text: string): string => (numeric ? text.padStart(width) : text.padEnd(width));
  });
  const line = (texts: readonly string[]): string =>
    columns
      .map((pad, c) => pad(texts[c] ?? ""))
      .join("  ")
      .trimEnd();
  const rule = columns.map((pad) => pad("").replaceAll(" ", "─")).join("  ");
  return [line(headings), rule, ...rows.map((row) => line(row.map(textOf)))].join("\n");
};

/** The same as a Markdown table. */
export const markdownTable = (headings: readonly string[], rows: readonly (readonly Cell[])[]): string => {
  const line = (texts: readonly string[]): string => `| ${texts.map((t) => t.replaceAll("|", "\\|")).join(" | ")} |`;
  const rule = headings.map((_, c) => (rows.some((r) => typeof r[c] === "number") ? "---:" : "---"));
  return [line(headings), line(rule), ...rows.map((row) => line(headings.map((_, c) => textOf(row[c]))))].join("\n");
};
