/**
 * Trace validation: do the logs of an engine's nodes have a behaviour of the spec behind them? Accepted with that
 * behaviour; rejected only when every possibility was tried; inconclusive otherwise, which is never green.
 */
import { callText } from "../../explorer/value-text.ts";
import { eventName, faultOfLogs, nodeLogs } from "./event.ts";
import type { LogEvent } from "./event.ts";
import type { Mapping } from "./mapping.ts";
import { LogSearch, searchDefaults } from "./search.ts";
import type { Mismatch, SearchLimits, Taken } from "./search.ts";

export type Validation =
  | {
      readonly verdict: "accepted";
      readonly events: number;
      readonly unlogged: number;
      readonly unexecuted: number;
      /** Events of parts of the engine that the spec says nothing about. */
      readonly outside: number;
      readonly behaviour: readonly Taken[];
    }
  | {
      readonly verdict: "rejected";
      readonly events: number;
      /** Events that the longest matching behaviour explains. */
      readonly longestPrefix: number;
      /** Why the logs are not whole; then nothing was searched. */
      readonly fault: string | undefined;
      /** Per node, how far the longest prefix goes. */
      readonly reached: readonly string[];
      readonly candidates: readonly Mismatch[];
    }
  | { readonly verdict: "inconclusive"; readonly events: number; readonly longestPrefix: number; readonly reason: string };

/** Throws LockstepError "io" for events that the mapping cannot read, SpecError when the spec misbehaves. */
export const validate = (events: readonly LogEvent[], mapping: Mapping, given: Partial<SearchLimits> = {}): Validation => {
  const limits = { ...searchDefaults, ...given };
  const whole = nodeLogs(events);
  const broken = faultOfLogs(whole);
  const meaning = broken === undefined ? mapping.forLogs(events) : undefined;
  const fault = broken ?? meaning?.fault;
  if (meaning === undefined || fault !== undefined)
    return { verdict: "rejected", events: events.length, longestPrefix: 0, fault, reached: [], candidates: [] };
  const { skipped } = meaning;
  const logs = skipped === undefined ? whole : whole.map(({ node, events: own }) => ({ node, events: own.filter((e) => !skipped.has(e)) }));
  const skippedAs = (why: string): number => [...(skipped?.values() ?? [])].filter((w) => w === why).length;
  const run = (eager: boolean) => new LogSearch(logs, meaning, limits, eager).run();
  let outcome = run(false);
  if (outcome.kind === "exhausted" && meaning.unlogged.length > 0) outcome = run(true);
  switch (outcome.kind) {
    case "accepted": {
      const { behaviour } = outcome;
      const unlogged = behaviour.filter((t) => t.event === undefined).length;
      const unexecuted = behaviour.filter((t) => t.candidate === undefined).length + skippedAs("unexecuted");
      return { verdict: "accepted", events: events.length, unlogged, unexecuted, outside: skippedAs("outside"), behaviour };
    }
    case "exhausted": {
      const { longest, reached, mismatches } = outcome;
      return { verdict: "rejected", events: events.length, longestPrefix: longest, fault: undefined, reached, candidates: mismatches };
    }
    case "stopped":
      return { verdict: "inconclusive", events: events.length, longestPrefix: outcome.longest, reason: outcome.reason };
  }
};

export const validationText = (v: Validation): string => {
  switch (v.verdict) {
    case "accepted":
      return [
        `Accepted: a behaviour of the spec explains all ${String(v.events)} events.`,
        `Steps that are not logged: ${String(v.unlogged)}; logged but never executed: ${String(v.unexecuted)}; of other parts of the engine: ${String(v.outside)}.`,
      ].join("\n");
    case "inconclusive":
      return `Inconclusive: ${v.reason}. The longest prefix that matched has ${String(v.longestPrefix)} of ${String(v.events)} events.`;
    case "rejected":
      if (v.fault !== undefined) return `Rejected: ${v.fault}.`;
      return [
        `Rejected: no behaviour of the spec explains these logs. The longest prefix has ${String(v.longestPrefix)} of ${String(v.events)} events (${v.reached.join(", ")}).`,
        "What comes next, and why it does not match:",
        ...v.candidates.map(({ event, act, candidate, reason }) => {
          const call = candidate === undefined ? act : callText(candidate.action, candidate.args, 80);
          return `  ${event} ${call}: ${reason}`;
        }),
      ].join("\n");
  }
};

/** What `--json` prints. */
export const validationJson = (v: Validation): Readonly<Record<string, unknown>> =>
  v.verdict !== "accepted"
    ? { ...v }
    : {
        ...v,
        behaviour: v.behaviour.map(({ event, candidate }) => ({
          event: event === undefined ? null : eventName(event),
          action: candidate?.action ?? null,
        })),
      };
