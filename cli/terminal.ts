import { styleText } from "node:util";
import { plain } from "../explorer/report/painter.ts";
import type { Painter } from "../explorer/report/painter.ts";

/** The two streams of a command: results go to `out`, progress and failures to `err`. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Someone is watching `err`, so that a line may be rewritten in place. */
  readonly live: boolean;
  /** The width of `err` in characters. */
  readonly columns: number;
  /** Colours for `out`, if someone is watching it. */
  readonly painter: Painter;
}

const colours: Painter = {
  action: (text) => styleText("bold", text),
  changed: (text) => styleText("yellow", text),
  added: (text) => styleText("green", text),
  removed: (text) => styleText("red", text),
  faint: (text) => styleText("dim", text),
  bad: (text) => styleText(["bold", "red"], text),
};
/** See no-color.org: any non-empty NO_COLOR means none. */
const wantsColours = (): boolean => process.stdout.isTTY && (process.env["NO_COLOR"] ?? "") === "";

export const processTerminal = (): Terminal => {
  // A reader such as `head` may leave early; that is its right and no failure of ours.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    live: process.stderr.isTTY,
    columns: process.stderr.columns || 80,
    painter: wantsColours() ? colours : plain,
  };
};
