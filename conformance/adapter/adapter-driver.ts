/** A cluster in one process in another language, which takes actions of the spec, as a driver. */
import { checkedValue, readValue, writeArgument, writeValue } from "../../explorer/report/itf-values.ts";
import { messageOf } from "../../specs/language/errors.ts";
import type { SpecInstance } from "../../specs/language/instantiate.ts";
import type { Schema } from "../../specs/language/schema.ts";
import type { Spec } from "../../specs/language/system.ts";
import { HarnessError } from "../driver.ts";
import type { Arguments, Driver, Observation, Setup, StepResult } from "../driver.ts";
import { Connection } from "./connection.ts";
import type { AdapterOptions } from "./connection.ts";
import { instanceStartedIn, stateRead } from "./started-instance.ts";

const valueRead = (schema: Schema, value: unknown, name: string): unknown => {
  try {
    return readValue(schema, checkedValue(value, name), name);
  } catch (error) {
    throw new HarnessError(`the adapter's state cannot be read: ${messageOf(error)}`, [], { cause: error });
  }
};

export class AdapterDriver implements Driver {
  readonly name = "adapter";
  private connection: Connection | undefined;
  private instance: SpecInstance | undefined;
  private unobserved: readonly string[] = [];

  /** `command` is a line for the shell. The process starts with the first `init`. */
  constructor(
    private readonly spec: Spec,
    private readonly command: string,
    private readonly options: AdapterOptions = {},
  ) {}

  get pids(): readonly number[] {
    return this.connection?.pid === undefined ? [] : [this.connection.pid];
  }

  async init(setup: Setup): Promise<void> {
    const { model, seed, initial } = setup;
    const instance = instanceStartedIn(this.spec, setup);
    const { constants, design, variables } = instance;
    this.instance = instance;
    this.connection ??= await this.start(instance);
    const written = Object.fromEntries(variables.map((v) => [v.name, writeValue(v.schema, initial[v.name], v.name)]));
    await this.connection.ask("init", { model, constants, design, seed, initial: written });
  }

  private async start(instance: SpecInstance): Promise<Connection> {
    const connection = (this.connection = new Connection(this.command, this.options));
    const hello = await connection.hello("cluster");
    const missing = instance.actions.find((a) => !hello.actions.includes(a.name));
    if (missing !== undefined) throw connection.fail(`the adapter has no action ${missing.name}`);
    this.unobserved = hello.unobserved;
    return connection;
  }

  async step(action: string, args: Arguments): Promise<StepResult> {
    const written = Object.fromEntries(Object.entries(args).map(([name, value]) => [name, writeArgument(value, name)]));
    const reply = await this.running().ask("action", { name: action, args: written });
    return reply.type === "ok" ? { kind: "ok" } : { kind: "refused", guard: reply.guard };
  }

  async observe(): Promise<Observation> {
    const { state } = await this.running().ask("observe");
    return { state: stateRead(this.instance, state, "the adapter's state", valueRead), unobserved: this.unobserved };
  }

  async close(): Promise<void> {
    const { connection } = this;
    this.connection = undefined;
    await connection?.close();
  }

  private running(): Connection {
    if (this.connection === undefined) throw new HarnessError("the adapter is not started");
    return this.connection;
  }
}
