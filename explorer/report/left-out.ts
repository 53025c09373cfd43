/** How a report says that something was left out of it. */
import { LEFT_OUT } from "../value-text.ts";

export const leftOutNote = `(${LEFT_OUT} stands for what was left out; --full shows all of it)`;

/** The text, with a last line that explains the marks in it if it lacks anything that the whole one has. */
export const withNote = (text: string, whole: () => string): string =>
  text.includes(LEFT_OUT) && text !== whole() ? `${text}\n\n${leftOutNote}` : text;
