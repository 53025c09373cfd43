/** An adapter's process that has said hello: requests there, answers back, each checked against the protocol. */
import type { z } from "zod";
import type { HarnessError } from "../driver.ts";
import { AdapterProcess, adapterLimits } from "./adapter-process.ts";
import type { AdapterLimits } from "./adapter-process.ts";
import { PROTOCOL_VERSION, envelope, errorReply, replies } from "./protocol.ts";
import type { ReplyTo, RequestKind } from "./protocol.ts";

export interface AdapterOptions {
  readonly limits?: Partial<AdapterLimits>;
  /** Every line in both directions, for the self-test and for the curious. */
  readonly transcript?: (line: string) => void;
}
type Fields = Readonly<Record<string, unknown>>;

export class Connection {
  private lastId = 0;
  private readonly process: AdapterProcess;
  private readonly transcript: (line: string) => void;

  /** `command` is a line for the shell, which starts at once. */
  constructor(command: string, { limits = {}, transcript = () => undefined }: AdapterOptions) {
    this.process = new AdapterProcess(command, { ...adapterLimits, ...limits });
    this.transcript = transcript;
  }

  get pid(): number | undefined {
    return this.process.pid;
  }

  /** The first request. Throws HarnessError for an adapter of another kind than the caller can drive. */
  async hello(holds: "cluster" | "node"): Promise<ReplyTo<"hello">> {
    const hello = await this.ask("hello", { version: PROTOCOL_VERSION });
    if (hello.version !== PROTOCOL_VERSION)
      throw this.fail(`the adapter speaks version ${String(hello.version)} of the protocol, this is version ${String(PROTOCOL_VERSION)}`);
    if (hello.profile === "L2")
      throw this.fail(
        "the adapter has the profile L2: its processes run by themselves and cannot be stepped, so that replay, tour and the " +
          "self-test have nothing to ask of it; let its nodes write events, and give these to validate",
      );
    if (hello.holds === holds) return hello;
    throw this.fail(
      holds === "cluster"
        ? "the adapter holds one node of the cluster; a mapping (--mapping) must say what an action of the spec is to a node"
        : "the adapter holds the whole cluster, and takes actions of the spec itself; it needs no mapping",
    );
  }

  /** Throws HarnessError, after which the process is gone. */
  async ask<K extends RequestKind>(kind: K, fields: Fields = {}): Promise<ReplyTo<K>> {
    const request = this.line(kind, fields);
    this.transcript(request);
    const line = await this.process.ask(request);
    this.transcript(line);
    const json = this.parsed(line);
    const { in_reply_to: id } = this.checked(envelope, json, line);
    if (id !== this.lastId)
      throw this.fail(`the answer is to message ${String(id)}; ${String(this.lastId)} was asked last (${kind})`, line);
    const error = errorReply.safeParse(json);
    if (error.success) throw this.fail(`the adapter answers ${kind} with the error ${error.data.code}: ${error.data.text}`, line);
    // The schema of this kind of request; the index does not carry the relation to K.
    return this.checked(replies[kind] as unknown as z.ZodType<ReplyTo<K>>, json, line);
  }

  /** A HarnessError with what the adapter wrote last; ends the process. */
  fail(message: string, line?: string): HarnessError {
    return this.process.fail(message, line);
  }
  /** As a machine without power: the process ends before it can do another thing. */
  async kill(): Promise<void> {
    this.process.kill();
    await this.process.close();
  }
  async close(): Promise<void> {
    try {
      await this.process.ask(this.line("bye", {}));
    } catch {
      // It is ended below in any case, and whoever asked for something has heard of the fault.
    }
    await this.process.close();
  }

  private line(kind: RequestKind, fields: Fields): string {
    return JSON.stringify({ type: kind, msg_id: ++this.lastId, ...fields });
  }
  private parsed(line: string): unknown {
    try {
      return JSON.parse(line);
    } catch {
      throw this.fail("the answer is not JSON", line);
    }
  }
  private checked<T>(schema: z.ZodType<T>, json: unknown, line: string): T {
    const result = schema.safeParse(json);
    if (result.success) return result.data;
    const issue = result.error.issues[0];
    throw this.fail(`the answer is malformed at ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`, line);
  }
}
