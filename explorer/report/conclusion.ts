/** What a trace shows, in sentences. What the search has shown is said as it is; what only a file says is said to be so. */
import type { Found, Judgement, Trace } from "../trace.ts";

type Violated = NonNullable<Trace["violated"]>;

const states = (count: number): string => `${String(count)} ${count === 1 ? "state" : "states"}`;

const nameOf = ({ kind, property }: Violated): string => {
  switch (kind) {
    case "deadlock":
      return "no action is enabled in the last state";
    case "witness":
      return `the witness ${property} is reached`;
    case "invariant":
      return `the invariant ${property} is violated`;
    case "action-property":
      return `the action property ${property} is violated`;
  }
};

/** What is violated, as a fact. */
const factOf = ({ kind, property }: Violated): string => {
  switch (kind) {
    case "deadlock":
      return "Deadlock: no action is enabled in the last state.";
    case "witness":
      return `${property} is reached.`;
    case "invariant":
      return `Invariant ${property} is violated in the last state.`;
    case "action-property":
      return `The last step violates ${property}.`;
  }
};

const foundText = ({ kind, property, at }: Found): string =>
  kind === "action-property"
    ? `the step to state ${String(at)} violates ${property}`
    : `the invariant ${property} is violated in state ${String(at)}`;

const minimalText = (trace: Trace, judgement: Judgement | undefined): string => {
  const fewer = `fewer than ${states(trace.steps.length)}`;
  if (judgement === undefined && trace.minimal) return `No behaviour with ${fewer} shows this.`;
  if (!trace.minimal) return `The behaviour has ${states(trace.steps.length)}; a shorter one may exist.`;
  const shorter = judgement?.shorter;
  return shorter === undefined
    ? `The file says that no behaviour with ${fewer} shows this; that was not checked, since only a search can tell.`
    : `The file says that no behaviour with ${fewer} shows this, which is false: ${shorter}.`;
};

const foundTexts = (found: readonly Found[]): string => found.map(foundText).join(", ");

const claimText = (trace: Trace, judgement: Judgement): string => {
  const { claimed, refuted, found, claimsSomething } = judgement;
  if (claimed !== undefined && refuted === undefined) return `${factOf(claimed)} ${minimalText(trace, judgement)}`;
  const also = found.length === 0 ? "" : ` But ${foundTexts(found)}.`;
  if (claimed !== undefined) return `The file says that ${nameOf(claimed)}, which is false: ${refuted ?? ""}.${also}`;
  const length = states(trace.steps.length);
  if (found.length > 0)
    return claimsSomething
      ? `${length}; the file does not say what is violated: ${foundTexts(found)}.`
      : `The file says that nothing is violated, which is false: ${foundTexts(found)}.`;
  const none = "no invariant and no action property is violated in them";
  return claimsSomething ? `The file says that something is violated, which is false: ${length}, and ${none}.` : `${length}, and ${none}.`;
};

const loopText = (loop: Judgement["loop"]): string => {
  if (loop === undefined) return "";
  const says = ` After the last state, the file says, the behaviour goes back to state ${String(loop.to)}`;
  return loop.possible ? `${says}; a step of the spec leads there.` : `${says}; no step of the spec leads there.`;
};

/** What the trace shows; with a judgement, what it says and what of that is so. */
export const conclusion = (trace: Trace, judgement?: Judgement): string => {
  if (judgement !== undefined) return `${claimText(trace, judgement)}${loopText(judgement.loop)}`;
  if (trace.violated === undefined) return `${states(trace.steps.length)}; whether they violate a property was not asked.`;
  return `${factOf(trace.violated)} ${minimalText(trace, undefined)}`;
};

/** What is false of that which the trace says it shows; undefined if nothing is. */
export const falseClaim = (trace: Trace, judgement: Judgement): string | undefined => {
  const { claimed, refuted, found, claimsSomething, shorter } = judgement;
  const wrong = claimed === undefined ? found.length > 0 !== claimsSomething : refuted !== undefined;
  return wrong || (claimed !== undefined && trace.minimal && shorter !== undefined) ? claimText(trace, judgement) : undefined;
};
