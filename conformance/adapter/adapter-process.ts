/**
 * An adapter's process: lines to its standard input, one line back for each. Whatever it does wrong ends it, with its
 * whole process group, and is reported with the last lines that it wrote. It is never waited for longer than the limit.
 */
import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import process from "node:process";
import { shorten } from "../../explorer/value-text.ts";
import { HarnessError } from "../driver.ts";

export interface AdapterLimits {
  /** For one answer, the first one included, which has to wait for the start. */
  readonly answerMs: number;
  /** Of one line. Longer ones are cut. */
  readonly lineBytes: number;
  /** Of standard error, between two answers. */
  readonly logBytes: number;
  /** Between `bye` and the end of the process. */
  readonly exitMs: number;
}
export const adapterLimits: AdapterLimits = { answerMs: 10_000, lineBytes: 16 * 2 ** 20, logBytes: 16 * 2 ** 20, exitMs: 2_000 };

const TAIL_LINES = 20;
const TAIL_WIDTH = 500;

/** The last lines of an endless text, each cut to a width. */
class Tail {
  private lines: string[] = [];
  private partial = "";

  add(text: string): void {
    const lines = (this.partial + text).split("\n");
    this.partial = (lines.pop() ?? "").slice(0, TAIL_WIDTH);
    this.lines = [...this.lines, ...lines.slice(-TAIL_LINES).map((l) => shorten(l, TAIL_WIDTH))].slice(-TAIL_LINES);
  }
  all(): readonly string[] {
    return [...this.lines, this.partial].filter((l) => l !== "").slice(-TAIL_LINES);
  }
}

/** Groups that are alive: they must not outlive this process, whatever ends it. */
const alive = new Set<AdapterProcess>();
const endAll = (): void => alive.forEach((p) => p.kill());
const endAllAndLeave = (signal: NodeJS.Signals): void => {
  endAll();
  process.kill(process.pid, signal);
};
const watch = (adapter: AdapterProcess): void => {
  alive.add(adapter);
  if (alive.size > 1) return;
  process.once("exit", endAll);
  process.once("SIGINT", endAllAndLeave);
  process.once("SIGTERM", endAllAndLeave);
};
const unwatch = (adapter: AdapterProcess): void => {
  if (!alive.delete(adapter) || alive.size > 0) return;
  process.off("exit", endAll);
  process.off("SIGINT", endAllAndLeave);
  process.off("SIGTERM", endAllAndLeave);
};

interface Waiting {
  readonly resolve: (line: string) => void;
  readonly reject: (error: Error) => void;
}

export class AdapterProcess {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly log = new Tail();
  private chunks: Buffer[] = [];
  private partialBytes = 0;
  private logBytes = 0;
  private waiting: Waiting | undefined;
  private fault: HarnessError | undefined;
  private readonly ended: Promise<void>;

  /** `command` is a line for the shell. */
  constructor(
    command: string,
    private readonly limits: AdapterLimits,
  ) {
    // A process group of its own, so that what it has started ends with it.
    this.child = spawn(command, { shell: true, detached: true, stdio: ["pipe", "pipe", "pipe"] });
    watch(this);
    this.child.stdout.on("data", (chunk: Buffer) => this.received(chunk));
    this.child.stderr.on("data", (chunk: Buffer) => this.logged(chunk));
    // An adapter that has closed its input is noticed by its end, or by the time limit.
    this.child.stdin.on("error", () => undefined);
    this.child.on("error", (error) => this.fail(`the adapter does not start: ${error.message}`));
    this.ended = new Promise((resolve) => {
      this.child.once("exit", () => resolve());
      this.child.once("error", () => resolve());
    });
    // After "close" nothing more can come; a descendant may hold the pipes open, so "exit" must do after a while.
    this.child.once("close", (code, signal) => this.left(code, signal));
    this.child.once("exit", (code, signal) => void setTimeout(() => this.left(code, signal), 100).unref());
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** One line there, one line back. Throws HarnessError, after which the process is gone. */
  async ask(line: string): Promise<string> {
    if (this.fault !== undefined) throw this.fault;
    this.logBytes = 0;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise((resolve, reject) => {
        this.waiting = { resolve, reject };
        timer = setTimeout(() => this.fail(`no answer within ${String(this.limits.answerMs)} ms`), this.limits.answerMs);
        this.child.stdin.write(`${line}\n`);
      });
    } finally {
      clearTimeout(timer);
      this.waiting = undefined;
    }
  }

  /** A HarnessError with what the adapter wrote last; ends the process. */
  fail(message: string, lastLine?: string): HarnessError {
    this.kill();
    const answer = lastLine === undefined ? [] : [`answer: ${shorten(lastLine, TAIL_WIDTH)}`];
    this.fault ??= new HarnessError(message, [...this.log.all(), ...answer]);
    this.waiting?.reject(this.fault);
    return this.fault;
  }

  /** Ends the whole group at once. */
  kill(): void {
    const { pid } = this.child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // The group is gone already.
    }
  }

  /** Waits for the process to end by itself, and then ends what is left of its group. */
  async close(): Promise<void> {
    this.child.stdin.end();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, this.limits.exitMs)));
    await Promise.race([this.ended, late]);
    clearTimeout(timer);
    this.kill();
    await this.ended;
    this.child.stdout.destroy();
    this.child.stderr.destroy();
    unwatch(this);
  }

  private received(chunk: Buffer): void {
    if (this.fault !== undefined) return;
    const at = chunk.indexOf(10);
    if (at < 0) {
      this.keep(chunk);
      return;
    }
    this.keep(chunk.subarray(0, at));
    const line = Buffer.concat(this.chunks).toString("utf8");
    [this.chunks, this.partialBytes] = [[], 0];
    const { waiting } = this;
    if (waiting === undefined) {
      this.fail("the adapter wrote a line that nobody asked for", line);
      return;
    }
    if (at + 1 < chunk.length) this.fail("the adapter wrote more than one line for one message", line);
    else waiting.resolve(line);
  }
  private keep(part: Buffer): void {
    this.chunks.push(part);
    this.partialBytes += part.length;
    if (this.partialBytes <= this.limits.lineBytes) return;
    const start = this.chunks[0]?.toString("utf8", 0, TAIL_WIDTH) ?? "";
    this.chunks = [];
    this.fail(`the adapter wrote a line of more than ${String(this.limits.lineBytes)} bytes`, start);
  }
  private logged(chunk: Buffer): void {
    this.logBytes += chunk.length;
    this.log.add(chunk.toString("utf8"));
    if (this.logBytes > this.limits.logBytes)
      this.fail(`the adapter wrote more than ${String(this.limits.logBytes)} bytes of logs for one message`);
  }
  private left(code: number | null, signal: NodeJS.Signals | null): void {
    this.fail(`the adapter ended (${signal ?? `exit code ${String(code)}`})`);
  }
}
