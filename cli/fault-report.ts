/** A spec that is at fault, shown like other findings: the shortest behaviour that leads there, the action, its place. */
import type { SpecInstance } from "../specs/language/instantiate.ts";
import type { Trace } from "../explorer/trace.ts";
import type { SpecFault } from "../explorer/search/result/spec-fault.ts";
import { writeWhole } from "./files.ts";
import type { Destination } from "./emit.ts";
import type { Terminal } from "./terminal.ts";

/** With the state that the failing step would lead to, where it only left its types: TLC's TypeOK, violated in the last state. */
const shownTrace = async (fault: SpecFault, instance: SpecInstance): Promise<Trace> => {
  const { trace, call, message } = fault;
  const last = trace.steps.at(-1);
  if (call === undefined || last === undefined || !message.includes("TypeOK: ")) return trace;
  const { attempt } = await import("../explorer/interpret/index.ts");
  const state = attempt(instance, last.state, call.action, call.arguments);
  if (state === undefined) return trace;
  return { ...trace, violated: { kind: "invariant", property: "TypeOK" }, steps: [...trace.steps, { ...call, state }] };
};

const faultText = async (fault: SpecFault, instance: SpecInstance, terminal: Terminal): Promise<string> => {
  const { callText } = await import("../explorer/value-text.ts");
  const { traceText } = await import("../explorer/report/text.ts");
  const { call, trace } = fault;
  const shown = await shownTrace(fault, instance);
  const reached =
    trace.steps.length === 1
      ? "an initial state"
      : `a state that is reached in ${String(trace.steps.length)} states; no shorter behaviour leads to a fault`;
  return [
    `${trace.model}: the spec is at fault in ${reached}.`,
    ...(call === undefined ? [] : [`At fault: ${callText(call.action, call.arguments)} ${call.location}`]),
    "",
    traceText(shown, { painter: terminal.painter }),
  ].join("\n");
};

const faultJson = async (fault: SpecFault, instance: SpecInstance): Promise<unknown> => {
  const { toItf } = await import("../explorer/report/itf.ts");
  const { trace, call, message } = fault;
  const { model, design, constants } = trace;
  return { model, design, constants, fault: { message, ...call, length: trace.steps.length, trace: toItf(trace, instance) } };
};

/** All but the line that every failure ends with. The trace file ends in the state in which the spec is at fault. */
export const reportFault = async (fault: SpecFault, instance: SpecInstance, to: Destination, terminal: Terminal): Promise<void> => {
  const print = to.outItf === "-" ? terminal.err : terminal.out;
  if (to.json === true) print(`${JSON.stringify(await faultJson(fault, instance))}\n`);
  else print(`${await faultText(fault, instance, terminal)}\n`);
  if (to.outItf === undefined) return;
  const { itfText } = await import("../explorer/report/itf.ts");
  const text = itfText(fault.trace, instance);
  if (to.outItf === "-") terminal.out(text);
  else await writeWhole(to.outItf, text);
};
