/**
 * Traces in the Informal Trace Format of Apalache and Quint: https://apalache-mc.org/docs/adr/015adr-trace.html
 * The action of each step is written as Quint does for model-based testing, under `mbt::…`. Files hold no time and no
 * path, so that the same trace gives the same bytes.
 */
import { z } from "zod";
import { constantText, sameConstant } from "../../specs/language/constants.ts";
import type { ConstantValue } from "../../specs/language/constants.ts";
import { decode, encode } from "../../specs/language/codec.ts";
import { LockstepError, messageOf } from "../../specs/language/errors.ts";
import type { SpecInstance, State } from "../../specs/language/instantiate.ts";
import type { Step, Trace } from "../trace.ts";
import { isRecord } from "../value-text.ts";
import { checkedValue, fail, none, readArgument, readValue, some, writeArgument, writeValue } from "./itf-values.ts";
import type { ItfRecord, ItfValue } from "./itf-values.ts";

const ACTION = "mbt::actionTaken";
const PICKS = "mbt::nondetPicks";
const MAX_STATES = 100_000;
const MAX_CHARACTERS = 64 * 1024 * 1024;

const constantSchema: z.ZodType<ConstantValue> = z.lazy(() =>
  z.union([z.int(), z.boolean(), z.string(), z.array(constantSchema), z.record(z.string(), constantSchema)]),
);
const metaSchema = z.looseObject({
  format: z.literal("ITF"),
  "format-description": z.string(),
  source: z.string(),
  status: z.enum(["ok", "violation"]),
  description: z.string(),
  model: z.string(),
  constants: z.record(z.string(), constantSchema),
  design: z.record(z.string(), z.union([z.string(), z.boolean()])),
  violated: z.strictObject({ kind: z.enum(["invariant", "action-property", "deadlock", "witness"]), property: z.string() }).optional(),
  minimal: z.boolean(),
});
const stateMetaSchema = z.looseObject({ index: z.int().min(0), location: z.string().optional() });
const fileSchema = z.looseObject({
  "#meta": metaSchema,
  params: z.array(z.string()).optional(),
  vars: z.array(z.string()).min(1),
  states: z.array(z.unknown()).min(1),
  loop: z.int().min(0).optional(),
});

export type ItfMeta = z.infer<typeof metaSchema>;
export type ItfState = Readonly<Record<string, ItfValue>> & { readonly "#meta": ItfRecord };
/** A checked ITF file, before it is read as a trace of one spec. */
export interface Itf {
  readonly meta: ItfMeta;
  readonly vars: readonly string[];
  readonly states: readonly { readonly index: number; readonly location: string; readonly values: Readonly<Record<string, ItfValue>> }[];
  readonly loop: number | undefined;
}

const describe = (trace: Trace): string => {
  const length = `${String(trace.steps.length)} states`;
  if (trace.violated === undefined) return `A behaviour of ${trace.model}, ${length}`;
  const { kind, property } = trace.violated;
  const subject = kind === "deadlock" ? "a deadlock" : kind === "witness" ? `${property} reached` : `${property} violated`;
  return `${trace.minimal ? "Shortest behaviour" : "A behaviour"} of ${trace.model} with ${subject}, ${length}`;
};

const metaOf = (trace: Trace): ItfMeta => ({
  format: "ITF",
  "format-description": "https://apalache-mc.org/docs/adr/015adr-trace.html",
  source: trace.model,
  // A witness that is reached is what was asked for.
  status: trace.violated === undefined || trace.violated.kind === "witness" ? "ok" : "violation",
  description: describe(trace),
  model: trace.model,
  constants: { ...trace.constants },
  design: { ...trace.design },
  ...(trace.violated === undefined ? {} : { violated: { kind: trace.violated.kind, property: trace.violated.property } }),
  minimal: trace.minimal,
});

const parameterNames = (instance: SpecInstance): readonly string[] => [
  ...new Set(instance.actions.flatMap((a) => a.parameters.map((p) => p.name))),
];

/** The trace as one JSON object with a fixed order of keys. Throws LockstepError "io" for a value that ITF cannot hold. */
export const toItf = (trace: Trace, instance: SpecInstance): Readonly<Record<string, unknown>> => {
  const names = parameterNames(instance);
  const states = trace.steps.map((step, index) => {
    const at = `states[${String(index)}]`;
    const pick = (name: string): ItfValue => (name in step.arguments ? some(writeArgument(step.arguments[name], `${at}.${name}`)) : none);
    return {
      "#meta": { index, ...(step.location === "" ? {} : { location: step.location }) },
      [ACTION]: step.action ?? "init",
      [PICKS]: Object.fromEntries(names.map((name) => [name, pick(name)])),
      ...Object.fromEntries(instance.variables.map((v) => [v.name, writeValue(v.schema, step.state[v.name], `${at}.${v.name}`)])),
    };
  });
  return { "#meta": metaOf(trace), vars: [ACTION, PICKS, ...instance.variables.map((v) => v.name)], states };
};

const WIDTH = 140;

/** JSON with everything on one line that fits, so that a diff of two files and a reader both see states, not braces. */
const layout = (value: unknown, indent: string): string => {
  const flat = JSON.stringify(value);
  if (typeof value !== "object" || value === null || indent.length + flat.length <= WIDTH) return flat;
  const inner = `${indent} `;
  if (Array.isArray(value)) return `[\n${value.map((v) => inner + layout(v, inner)).join(",\n")}\n${indent}]`;
  const lines = Object.entries(value).map(([k, v]) => `${inner}${JSON.stringify(k)}: ${layout(v, inner)}`);
  return `{\n${lines.join(",\n")}\n${indent}}`;
};

/** The text of an `.itf.json` file; the same trace gives the same text. */
export const itfText = (trace: Trace, instance: SpecInstance): string => `${layout(toItf(trace, instance), "")}\n`;

const parse = (text: string): unknown => {
  if (text.length > MAX_CHARACTERS) fail("trace", `more than ${String(MAX_CHARACTERS / 1024 / 1024)} MiB of text`);
  try {
    // A byte order mark is what some editors put before a text; it is no part of it.
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new LockstepError("io", `trace: not JSON: ${messageOf(error).replace(/\s+/g, " ")}`, { cause: error });
  }
};

const pathOf = (path: readonly PropertyKey[]): string =>
  path.length === 0
    ? "trace"
    : path.map((p, i) => (typeof p === "number" ? `[${String(p)}]` : i === 0 ? String(p) : `.${String(p)}`)).join("");

/** The first fault that zod finds, as one line. */
const shaped = <T>(schema: z.ZodType<T>, value: unknown, under: string): T => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const at = pathOf(issue?.path ?? []);
  return fail(under === "" ? at : at === "trace" ? under : `${under}.${at}`, issue?.message ?? "not of the expected form");
};

const readState = (value: unknown, index: number, vars: readonly string[]): Itf["states"][number] => {
  const at = `states[${String(index)}]`;
  if (!isRecord(value)) return fail(at, "expected an object");
  const meta = shaped(stateMetaSchema, value["#meta"], `${at}.#meta`);
  if (meta.index !== index) fail(`${at}.#meta.index`, `is ${String(meta.index)}, expected ${String(index)}`);
  const extra = Object.keys(value).find((k) => k !== "#meta" && !vars.includes(k));
  if (extra !== undefined) fail(`${at}.${extra}`, "not among the vars of the trace");
  const missing = vars.find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) fail(at, `the variable ${missing} is missing`);
  const values = Object.fromEntries(vars.map((name) => [name, checkedValue(value[name], `${at}.${name}`)]));
  return { index, location: meta.location ?? "", values };
};

/**
 * Checks everything that a file from outside can get wrong before the spec is known. Throws LockstepError "io" with one
 * line that names the place: not JSON, too large, more than 100,000 states, missing or unknown variables, wrong forms.
 */
export const readItf = (text: string): Itf => {
  const json = parse(text);
  if (isRecord(json) && Array.isArray(json["states"]) && json["states"].length > MAX_STATES)
    fail("states", `${String(json["states"].length)} states, at most ${String(MAX_STATES)} are read`);
  const file = shaped(fileSchema, json, "");
  const twice = file.vars.find((name, i) => file.vars.indexOf(name) !== i);
  if (twice !== undefined) fail("vars", `${twice} comes twice`);
  for (const name of [ACTION, PICKS]) if (!file.vars.includes(name)) fail("vars", `${name} is missing, so that the actions are unknown`);
  if (file.loop !== undefined && file.loop >= file.states.length) fail("loop", `${String(file.loop)} is not the index of a state`);
  return { meta: file["#meta"], vars: file.vars, states: file.states.map((s, i) => readState(s, i, file.vars)), loop: file.loop };
};

const readPicks = (picks: ItfValue | undefined, at: string): Record<string, unknown> => {
  if (!isRecord(picks)) return fail(at, "expected a record of Some and None");
  const taken = Object.entries(picks).flatMap(([name, pick]): [string, unknown][] => {
    if (isRecord(pick) && pick["tag"] === "None") return [];
    if (isRecord(pick) && pick["tag"] === "Some" && "value" in pick) return [[name, readArgument(pick["value"], `${at}.${name}`)]];
    return fail(`${at}.${name}`, "expected Some or None");
  });
  return Object.fromEntries(taken);
};

const readSpecState = (instance: SpecInstance, values: Readonly<Record<string, ItfValue>>, at: string): State => {
  const entries = instance.variables.map(({ name, schema }) => {
    const value = readValue(schema, values[name], `${at}.${name}`);
    try {
      return [name, decode(schema, encode(schema, value, name))] as const;
    } catch (error) {
      return fail(at, messageOf(error));
    }
  });
  return Object.freeze(Object.fromEntries(entries));
};

const refuseOther = (what: string, inTrace: Readonly<Record<string, unknown>>, ours: Readonly<Record<string, unknown>>): void => {
  for (const name of new Set([...Object.keys(inTrace), ...Object.keys(ours)]))
    if (!sameConstant(inTrace[name], ours[name]))
      fail(
        `#meta.${what}.${name}`,
        `the trace was made with ${constantText(inTrace[name])}, the spec here has ${constantText(ours[name])}`,
      );
};

/** The file lists the arguments of all actions in one order; an action's own are in that of its parameters. */
const inOrder = (picks: Step["arguments"], instance: SpecInstance, action: string): Step["arguments"] => {
  const parameters = instance.actions.find((a) => a.name === action)?.parameters.map((p) => p.name) ?? [];
  const known = parameters.filter((name) => Object.hasOwn(picks, name));
  return Object.fromEntries([...known, ...Object.keys(picks).filter((n) => !known.includes(n))].map((name) => [name, picks[name]]));
};

/**
 * The trace of a checked file, as states of this instance. Throws LockstepError "io" when the file belongs to other
 * constants, another design or other variables, or holds a value outside its type. Whether it is a behaviour: `replay`.
 */
export const fromItf = (itf: Itf, instance: SpecInstance): Trace => {
  refuseOther("constants", itf.meta.constants, instance.constants);
  refuseOther("design", itf.meta.design, instance.design);
  const ours = instance.variables.map((v) => v.name);
  const unknown = itf.vars.find((name) => name !== ACTION && name !== PICKS && !ours.includes(name));
  if (unknown !== undefined) fail("vars", `${instance.name} has no variable ${unknown}`);
  const missing = ours.find((name) => !itf.vars.includes(name));
  if (missing !== undefined) fail("vars", `the variable ${missing} of ${instance.name} is missing`);
  const steps = itf.states.map(({ index, location, values }): Step => {
    const at = `states[${String(index)}]`;
    const action = values[ACTION];
    if (typeof action !== "string") return fail(`${at}.${ACTION}`, "expected the name of an action");
    const picks = inOrder(readPicks(values[PICKS], `${at}.${PICKS}`), instance, action);
    return { action: index === 0 ? undefined : action, arguments: picks, location, state: readSpecState(instance, values, at) };
  });
  const { model, constants, design, violated, minimal } = itf.meta;
  return { model, constants, design, violated, minimal, steps };
};
