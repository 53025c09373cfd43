/** Runs the command line in tests: as a user does, in a process of its own, or where many are run, in this one. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { plain } from "../explorer/report/painter.ts";
import { run } from "./main.ts";

const program = fileURLToPath(new URL("./lockstep.js", import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Sent once, as soon as the error stream has said this. */
  readonly signal?: { readonly name: NodeJS.Signals; readonly after: string };
}

export const runLockstep = async (words: readonly string[], options: RunOptions = {}): Promise<Ran> => {
  const child = spawn(process.execPath, [program, ...words], {
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, err] = ["", ""];
  let signal = options.signal;
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
    if (signal === undefined || !err.includes(signal.after)) return;
    child.kill(signal.name);
    signal = undefined;
  });
  await once(child, "close");
  return { code: child.exitCode, out, err };
};

/** The same without a process: ten times quicker. */
export const runHere = async (words: readonly string[]): Promise<Ran> => {
  let [out, err] = ["", ""];
  const code = await run(words, {
    out: (text) => (out += text),
    err: (text) => (err += text),
    live: false,
    columns: 80,
    painter: plain,
  });
  return { code, out, err };
};

export const fixture = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}.ts`, import.meta.url));
