/**
 * The replicas of a cluster, as a client sees them: a request goes to whoever leads, and when that is not known, or does not
 * answer, to one after the other until the deadline.
 */
import { Agent, request as httpRequest } from "node:http";
import { Agent as TlsAgent, request as httpsRequest } from "node:https";
import type { z } from "zod";
import { DecodeError, decode, encode } from "../codec.ts";
import { failureSchema, replies } from "../node/client-protocol.ts";
import type { Failure, ReplyTo, Request } from "../node/client-protocol.ts";
import type { Address } from "../wiring/production/network/network.ts";

/** The request makes no sense, or is not allowed: asked again, the answer is the same. */
export class InvalidRequestError extends Error {
  override readonly name = "InvalidRequestError";
}
/** No replica has done it before the deadline. A commit may have happened. */
export class UnavailableError extends Error {
  override readonly name = "UnavailableError";
}

export interface ConnectionOptions {
  /** Where replica 1, 2, … takes clients. */
  readonly replicas: readonly Address[];
  readonly token: string;
  /** PEM: replicas are asked over TLS, and must have a certificate of it. */
  readonly authority?: string | undefined;
  /** After this long a request that no replica has done is given up. */
  readonly deadlineMs: number;
}

/** One attempt at one replica. */
type Answer = { readonly ok: true; readonly body: Uint8Array } | { readonly ok: false; readonly failure: Failure };

const attemptMs = 3_000;
const maxReplyBytes = 64 * 2 ** 20;

export class Connection {
  private readonly options: ConnectionOptions;
  private readonly agent: Agent;
  private leader = 1;

  constructor(options: ConnectionOptions) {
    this.options = options;
    const kept = { keepAlive: true, maxSockets: 256 };
    this.agent = options.authority === undefined ? new Agent(kept) : new TlsAgent({ ...kept, ca: options.authority });
  }

  close(): void {
    this.agent.destroy();
  }

  get replicas(): number {
    return this.options.replicas.length;
  }

  /** For requests that may be repeated. Throws InvalidRequestError, UnavailableError. Says which replica has answered. */
  async call<T extends Request["type"]>(
    request: Extract<Request, { type: T }>,
  ): Promise<{ readonly replica: number; readonly reply: ReplyTo<T> }> {
    const end = performance.now() + this.options.deadlineMs;
    const refusing = new Set<number>();
    let last: unknown;
    for (let attempt = 0; ; attempt++) {
      const remainingMs = end - performance.now();
      if (remainingMs <= 0) break;
      const replica = this.leader;
      try {
        const answer = await this.post(replica, request, Math.min(attemptMs, remainingMs));
        if (answer.ok) return { replica, reply: replyTo(request.type, answer.body) };
        last = refusalOf(answer.failure);
        if (answer.failure.code === "Unauthorized") refusing.add(replica);
        // A replica with another key is not of this cluster; a majority that says so knows better than this client.
        if (answer.failure.code === "Unauthorized" && 2 * refusing.size <= this.replicas) this.leader = this.after(replica);
        else this.follow(replica, answer.failure);
      } catch (error) {
        if (error instanceof InvalidRequestError || error instanceof DecodeError) throw error;
        last = error;
        this.leader = this.after(replica);
      }
      await pause(Math.min(10 * 2 ** Math.min(attempt, 4), 100));
    }
    const reason = last instanceof Error ? last.message : String(last);
    throw new UnavailableError(`no replica has done it within ${this.options.deadlineMs} ms; the last said: ${reason}`, { cause: last });
  }

  /** For what only this replica can do, once. Throws InvalidRequestError, UnavailableError. */
  async callAt<T extends Request["type"]>(replica: number, request: Extract<Request, { type: T }>): Promise<ReplyTo<T>> {
    const answer = await this.post(replica, request, attemptMs).catch((error: unknown) => {
      if (error instanceof InvalidRequestError) throw error;
      throw new UnavailableError(`replica ${replica} does not answer: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    });
    if (answer.ok) return replyTo(request.type, answer.body);
    this.follow(replica, answer.failure);
    throw refusalOf(answer.failure);
  }

  /** Throws InvalidRequestError where another attempt would be of no use. */
  private follow(replica: number, { code, message, primary }: Failure): void {
    if (code === "Invalid" || code === "Unauthorized" || code === "Forbidden") throw new InvalidRequestError(message);
    if (code === "Overloaded") return;
    const isKnown = primary !== null && primary !== replica && primary <= this.replicas;
    this.leader = isKnown ? primary : this.after(replica);
  }
  private after(replica: number): number {
    return (replica % this.replicas) + 1;
  }

  private post(replica: number, request: Request, timeoutMs: number): Promise<Answer> {
    const address = this.options.replicas[replica - 1];
    if (address === undefined) throw new InvalidRequestError(`there is no replica ${replica}, only 1 to ${this.replicas}`);
    const body = encode(request);
    return new Promise((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${this.options.token}`,
        "content-type": "application/msgpack",
        "content-length": body.length,
      };
      const ask = this.options.authority === undefined ? httpRequest : httpsRequest;
      const sent = ask({ ...address, method: "POST", path: "/", headers, agent: this.agent });
      const timeout = setTimeout(() => sent.destroy(new Error(`no answer within ${Math.ceil(timeoutMs)} ms`)), timeoutMs);
      sent.on("close", () => clearTimeout(timeout));
      sent.on("error", reject);
      sent.on("response", (response) => {
        const chunks: Buffer[] = [];
        let length = 0;
        response.on("error", reject);
        response.on("data", (chunk: Buffer) => {
          chunks.push(chunk);
          length += chunk.length;
          if (length > maxReplyBytes) response.destroy(new RangeError(`a reply of more than ${maxReplyBytes} bytes`));
        });
        response.on("end", () => {
          const bytes = Buffer.concat(chunks);
          try {
            if (response.statusCode === 200) resolve({ ok: true, body: bytes });
            else resolve({ ok: false, failure: decode(failureSchema, bytes, `the answer of replica ${replica}`) });
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)));
          }
        });
      });
      sent.end(body);
    });
  }
}

const refusalOf = ({ code, message }: Failure): Error =>
  code === "Invalid" ? new InvalidRequestError(message) : new UnavailableError(message);

const replyTo = <T extends Request["type"]>(type: T, body: Uint8Array): ReplyTo<T> => {
  const schema: z.ZodType = replies[type];
  // What the schema of T accepts is a ReplyTo<T>; the compiler does not follow an index that is a type parameter.
  return decode(schema, body, `the reply to ${type}`) as ReplyTo<T>;
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
