/** Progress on the error stream: TLC's lines into a file or a pipe, one line rewritten in place on a terminal. */
import { thousands } from "../explorer/report/table.ts";
import type { Progress, SearchResult } from "../explorer/search/contract.ts";
import type { Terminal } from "./terminal.ts";

const FIRST_LINE_AFTER_MS = 1_000;
const LINE_EVERY_MS = 5_000;
const REWRITE_EVERY_MS = 100;
const BAR_WIDTH = 20;

const REWRITE = "\r\u001B[2K";

const withCommas = (n: number): string => thousands(Math.round(n));
const perMinute = (n: number, elapsedMs: number): number => (elapsedMs > 0 ? (n * 60_000) / elapsedMs : 0);
const twoDigits = (n: number): string => String(n).padStart(2, "0");

/** Local time as TLC writes it: `2026-01-31 23:59:59`. */
const timestamp = (at: Date): string => {
  const date = [at.getFullYear(), at.getMonth() + 1, at.getDate()].map(twoDigits).join("-");
  return `${date} ${[at.getHours(), at.getMinutes(), at.getSeconds()].map(twoDigits).join(":")}`;
};

export const progressLine = (p: Progress, at: Date): string =>
  `Progress(${p.depth}) at ${timestamp(at)}: ` +
  `${withCommas(p.generated)} states generated (${withCommas(perMinute(p.generated, p.elapsedMs))} s/min), ` +
  `${withCommas(p.distinct)} distinct states found (${withCommas(perMinute(p.distinct, p.elapsedMs))} ds/min), ` +
  `${withCommas(p.queued)} states left on queue.`;

/** The share of the states found so far that have been expanded: what a breadth-first search knows of its end. */
export const bar = (p: Progress): string => {
  const done = p.distinct === 0 ? 0 : (p.distinct - p.queued) / p.distinct;
  const filled = Math.max(0, Math.min(BAR_WIDTH, Math.round(done * BAR_WIDTH)));
  return `[${"#".repeat(filled)}${".".repeat(BAR_WIDTH - filled)}]`;
};

const liveLine = (p: Progress, label: string): string =>
  `${bar(p)} ${label}: depth ${p.depth}, ${withCommas(p.generated)} generated, ${withCommas(p.distinct)} distinct, ` +
  `${withCommas(p.queued)} on queue, ${(p.elapsedMs / 1000).toFixed(1)} s`;

interface Texts {
  /** For a line that is rewritten. */
  readonly live: string;
  /** For a line that stays. */
  readonly kept: string;
}

/** Says something now and then: the first line after a second, then every few, and on a live terminal much more often. */
const nowAndThen = (terminal: Terminal) => {
  const everyMs = terminal.live ? REWRITE_EVERY_MS : LINE_EVERY_MS;
  let saidAtMs = terminal.live ? 0 : FIRST_LINE_AFTER_MS - LINE_EVERY_MS;
  let standing = false;
  return {
    say: (elapsedMs: number, texts: () => Texts): void => {
      if (elapsedMs - saidAtMs < everyMs) return;
      saidAtMs = elapsedMs;
      standing = terminal.live;
      terminal.err(terminal.live ? `${REWRITE}${texts().live.slice(0, terminal.columns - 1)}` : `${texts().kept}\n`);
    },
    clear: (): void => {
      if (standing) terminal.err(REWRITE);
      standing = false;
    },
  };
};

export interface SearchProgress {
  readonly onProgress: (progress: Progress) => void;
  /** Leaves a live terminal as it was; otherwise says, as TLC does, where the search ended. Undefined when it failed. */
  readonly finish: (result: SearchResult | undefined) => void;
}

/** `label` says on a terminal what runs, as "3/9 eager/strict". */
export const searchProgress = (terminal: Terminal, label: string): SearchProgress => {
  const { say, clear } = nowAndThen(terminal);
  let queued: number | undefined;
  return {
    onProgress: (p) => {
      queued = p.queued;
      say(p.elapsedMs, () => ({ live: liveLine(p, label), kept: progressLine(p, new Date()) }));
    },
    finish: (result) => {
      clear();
      const left = result?.verdict === "holds" ? 0 : queued;
      if (terminal.live || result === undefined || left === undefined) return;
      const { depth, generated, distinct, seconds } = result;
      terminal.err(`${progressLine({ depth, generated, distinct, queued: left, elapsedMs: seconds * 1000 }, new Date())}\n`);
    },
  };
};

export interface WalkProgress {
  readonly onProgress: (samples: number, steps: number, elapsedMs: number) => void;
  readonly finish: () => void;
}

export const walkProgress = (terminal: Terminal, label: string): WalkProgress => {
  const { say, clear } = nowAndThen(terminal);
  return {
    onProgress: (samples, steps, elapsedMs) => {
      const live = `${label}: ${withCommas(samples)} walks, ${withCommas(steps)} steps, ${(elapsedMs / 1000).toFixed(1)} s`;
      say(elapsedMs, () => ({
        live,
        kept: `Progress at ${timestamp(new Date())}: ${withCommas(samples)} walks, ${withCommas(steps)} steps.`,
      }));
    },
    finish: clear,
  };
};
