/** The commands of the README's code blocks, for the tests that run them. */
import { readFileSync } from "node:fs";

export interface ReadmeCommand {
  /** As it stands, continued lines joined. */
  readonly text: string;
  /** What a comment behind it says, `exit 12`, or 0. */
  readonly exitCode: number;
}

export const readme = (): string => readFileSync(new URL("../README.md", import.meta.url), "utf8");

/** From top to bottom. */
export const readmeCommands = (): readonly ReadmeCommand[] =>
  [...readme().matchAll(/^```sh\n(.*?)^```$/gms)]
    .flatMap(([, block = ""]) => block.replace(/\\\n\s*/g, "").split("\n"))
    .filter((line) => line.trim() !== "")
    .map((text) => ({ text, exitCode: Number(/#.*\bexit (\d+)/.exec(text)?.[1] ?? 0) }));
