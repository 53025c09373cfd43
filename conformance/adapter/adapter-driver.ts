/** An engine in another process and another language, as a driver: the controller's side of the adapter protocol. */
import type { z } from "zod";
import { initialStates, sameState } from "../../explorer/interpret/index.ts";
import { checkedValue, readValue, writeArgument, writeValue } from "../../explorer/report/itf-values.ts";
import { messageOf } from "../../specs/language/errors.ts";
import { instantiate } from "../../specs/language/instantiate.ts";
import type { SpecInstance, State } from "../../specs/language/instantiate.ts";
import type { Spec } from "../../specs/language/system.ts";
import { HarnessError } from "../driver.ts";
import type { Arguments, Driver, Observation, Setup, StepResult } from "../driver.ts";
import { AdapterProcess, adapterLimits } from "./adapter-process.ts";
import type { AdapterLimits } from "./adapter-process.ts";
import { PROTOCOL_VERSION, envelope, errorReply, replies } from "./protocol.ts";
import type { ReplyTo, RequestKind } from "./protocol.ts";

type Fields = Readonly<Record<string, unknown>>;

export class AdapterDriver implements Driver {
  readonly name = "adapter";
  private process: AdapterProcess | undefined;
  private instance: SpecInstance | undefined;
  private unobserved: readonly string[] = [];
  private lastId = 0;
  private readonly limits: AdapterLimits;

  /** `command` is a line for the shell. The process starts with the first `init`. */
  constructor(
    private readonly spec: Spec,
    private readonly command: string,
    limits: Partial<AdapterLimits> = {},
    /** Every line in both directions, for the self-test and for the curious. */
    private readonly transcript: (line: string) => void = () => undefined,
  ) {
    this.limits = { ...adapterLimits, ...limits };
  }

  get pid(): number | undefined {
    return this.process?.pid;
  }

  async init({ model, constants, design, seed, initial }: Setup): Promise<void> {
    const instance = instantiate(this.spec, { constants, design });
    this.instance = instance;
    if (!initialStates(instance).some((s) => sameState(instance, s, initial))) throw new HarnessError("not an initial state of the spec");
    if (this.process === undefined) await this.start(instance);
    await this.ask("init", { model, constants: instance.constants, design: instance.design, seed, initial: this.written(initial) });
  }

  private async start(instance: SpecInstance): Promise<void> {
    this.process = new AdapterProcess(this.command, this.limits);
    const hello = await this.ask("hello", { version: PROTOCOL_VERSION });
    if (hello.version !== PROTOCOL_VERSION)
      throw this.process.fail(
        `the adapter speaks version ${String(hello.version)} of the protocol, this is version ${String(PROTOCOL_VERSION)}`,
      );
    const missing = instance.actions.find((a) => !hello.actions.includes(a.name));
    if (missing !== undefined) throw this.process.fail(`the adapter has no action ${missing.name}`);
    this.unobserved = hello.unobserved;
  }

  async step(action: string, args: Arguments): Promise<StepResult> {
    const written = Object.fromEntries(Object.entries(args).map(([name, value]) => [name, writeArgument(value, name)]));
    const reply = await this.ask("action", { name: action, args: written });
    return reply.type === "ok" ? { kind: "ok" } : { kind: "refused", guard: reply.guard };
  }

  async observe(): Promise<Observation> {
    const { state } = await this.ask("observe", {});
    const schemas = new Map(this.instance?.variables.map((v) => [v.name, v.schema]));
    const entries = Object.entries(state).map(([name, value]): [string, unknown] => {
      const schema = schemas.get(name);
      if (schema === undefined) throw new HarnessError(`the adapter's state has the variable ${name}, which the spec has not`);
      try {
        return [name, readValue(schema, checkedValue(value, name), name)];
      } catch (error) {
        throw new HarnessError(`the adapter's state cannot be read: ${messageOf(error)}`, [], { cause: error });
      }
    });
    return { state: Object.fromEntries(entries), unobserved: this.unobserved };
  }

  async close(): Promise<void> {
    const { process } = this;
    this.process = undefined;
    if (process === undefined) return;
    try {
      await process.ask(this.line("bye", {}));
    } catch {
      // It is ended below in any case, and whoever asked for something has heard of the fault.
    }
    await process.close();
  }

  private written(state: State): Fields {
    return Object.fromEntries((this.instance?.variables ?? []).map((v) => [v.name, writeValue(v.schema, state[v.name], v.name)]));
  }

  private line(kind: RequestKind, fields: Fields): string {
    return JSON.stringify({ type: kind, msg_id: ++this.lastId, ...fields });
  }

  private async ask<K extends RequestKind>(kind: K, fields: Fields): Promise<ReplyTo<K>> {
    if (this.process === undefined) throw new HarnessError(`${kind} before init`);
    const request = this.line(kind, fields);
    this.transcript(request);
    const line = await this.process.ask(request);
    this.transcript(line);
    const json = this.parsed(line, this.process);
    const { in_reply_to: id } = this.checked(envelope, json, line, this.process);
    if (id !== this.lastId)
      throw this.process.fail(`the answer is to message ${String(id)}; ${String(this.lastId)} was asked last (${kind})`, line);
    const error = errorReply.safeParse(json);
    if (error.success) throw this.process.fail(`the adapter answers ${kind} with the error ${error.data.code}: ${error.data.text}`, line);
    // The schema of this kind of request; the index does not carry the relation to K.
    return this.checked(replies[kind] as unknown as z.ZodType<ReplyTo<K>>, json, line, this.process);
  }
  private parsed(line: string, process: AdapterProcess): unknown {
    try {
      return JSON.parse(line);
    } catch {
      throw process.fail("the answer is not JSON", line);
    }
  }
  private checked<T>(schema: z.ZodType<T>, json: unknown, line: string, process: AdapterProcess): T {
    const result = schema.safeParse(json);
    if (result.success) return result.data;
    const issue = result.error.issues[0];
    throw process.fail(`the answer is malformed at ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`, line);
  }
}
