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
      readonly unexecuted: number;
      /** Events of parts of the engine that the spec says nothing about. */
      readonly outside: number;
      /** `Action.argument` of what the logs say and nothing was compared with. */
      readonly unchecked: readonly string[];
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
  const outcome = new LogSearch(logs, meaning, limits).run();
  switch (outcome.kind) {
    case "accepted": {
      const { behaviour } = outcome;
      const names = behaviour.flatMap(({ event }) => (meaning.unchecked?.(event) ?? []).map((name) => `${event.act}.${name}`));
      const unchecked = [...new Set(names)].sort();
      const unexecuted = behaviour.filter((t) => t.candidate === undefined).length;
      return { verdict: "accepted", events: events.length, unexecuted, outside: skipped?.size ?? 0, unchecked, behaviour };
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
        `Logged but never executed: ${String(v.unexecuted)}; of other parts of the engine: ${String(v.outside)}.`,
        ...(v.unchecked.length === 0 ? [] : [`Compared with nothing: ${v.unchecked.join(", ")}.`]),
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
          event: eventName(event),
          action: candidate?.action ?? null,
        })),
      };
