/**
 * Clients over HTTP, on loopback by default. `POST /` takes a request and answers with the reply, both as MessagePack
 * (`client-protocol.ts`), for whoever has a token (`client-tokens.ts`). `GET /status` is for whoever watches: JSON,
 * without a token, nothing but counters. With `tls`, over HTTPS.
 */
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";
import { z } from "zod";
import { decode, encode } from "../../codec.ts";
import { requestBounds } from "../../node/client-protocol.ts";
import type { Failure, ReplicaStatus } from "../../node/client-protocol.ts";
import { errorCodeOf } from "../../node/requests.ts";
import { NotPrimaryError } from "../../replication/errors.ts";
import type { Logger } from "../../ports.ts";
import type { Access, ClientTokens } from "./client-tokens.ts";
import { Crowd } from "./crowd.ts";
import type { TlsContent } from "./tls.ts";
import type { Address } from "./network/network.ts";

export const httpStatusOf = {
  NotPrimary: 421,
  Unavailable: 503,
  Overloaded: 429,
  Invalid: 400,
  Unauthorized: 401,
  Forbidden: 403,
  Fault: 500,
} as const satisfies Record<Failure["code"], number>;

export interface ConnectionLimits {
  /** Connections on which no request with a good token has come yet, in all and of one address; above that, one is cut off. */
  readonly most: number;
  readonly mostOfAddress: number;
  /** Such a connection is cut after this long. */
  readonly silenceMs: number;
}
const defaultConnectionLimits: ConnectionLimits = { most: 1_024, mostOfAddress: 256, silenceMs: 10_000 };

export interface ClientServiceOptions {
  readonly listen: Address;
  readonly tokens: Pick<ClientTokens, "accessOf">;
  readonly tls?: TlsContent | undefined;
  readonly logger: Logger;
  readonly limits?: Partial<ConnectionLimits>;
  /** Throws what `errorCodeOf` knows; anything else is a fault. */
  readonly handle: (request: unknown, access: Access) => Promise<unknown>;
  readonly status: () => ReplicaStatus;
}

const maxBodyBytes = 4 * 2 ** 20;

class BodyTooLarge extends RangeError {}

export class ClientService {
  private readonly options: ClientServiceOptions;
  private readonly server: Server;
  private readonly limits: ConnectionLimits;
  private readonly crowd: Crowd<string>;
  private readonly sockets = new Map<string, Socket>();

  private constructor(options: ClientServiceOptions) {
    this.options = options;
    this.limits = { ...defaultConnectionLimits, ...options.limits };
    this.crowd = new Crowd(this.limits);
    const { tls } = options;
    const answer = (request: IncomingMessage, response: ServerResponse): void => void this.answer(request, response);
    this.server = tls === undefined ? createServer(answer) : createTlsServer({ cert: tls.cert, key: tls.key }, answer);
    // With TLS this is the connection below it.
    this.server.on("connection", (socket: Socket) => this.accept(socket));
    this.server.requestTimeout = 30_000;
    this.server.headersTimeout = 10_000;
    this.server.keepAliveTimeout = 60_000;
    this.server.maxConnections = 8_192;
  }

  /** Rejects with Node's error when the address cannot be had (EADDRINUSE). */
  static async listen(options: ClientServiceOptions): Promise<ClientService> {
    const service = new ClientService(options);
    await new Promise<void>((resolve, reject) => {
      service.server.once("error", reject).listen(options.listen.port, options.listen.host, resolve);
    });
    return service;
  }

  get address(): Address {
    const address = this.server.address();
    if (address === null || typeof address === "string") throw new Error("the service is closed");
    return { host: address.address, port: address.port };
  }

  /** Requests under way are answered; idle connections are cut. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeIdleConnections();
    const cut = setTimeout(() => this.server.closeAllConnections(), 2_000);
    await closed;
    clearTimeout(cut);
  }

  /** It has to show a good token soon; until then it may have to make room. */
  private accept(socket: Socket): void {
    const address = socket.remoteAddress ?? "unknown";
    const name = nameOf(socket);
    const silence = setTimeout(() => {
      if (this.crowd.has(name, address)) socket.destroy();
    }, this.limits.silenceMs);
    this.sockets.set(name, socket);
    socket.once("close", () => {
      clearTimeout(silence);
      this.crowd.remove(name, address);
      if (this.sockets.get(name) === socket) this.sockets.delete(name);
    });
    const crowded = this.crowd.add(name, address);
    if (crowded !== undefined) this.sockets.get(crowded)?.destroy();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (request.method === "GET" && request.url === "/status") this.sendStatus(response);
      else if (request.method !== "POST" || request.url !== "/") this.fail(response, "Invalid", "POST / with a request, or GET /status");
      else await this.answerClient(request, response);
    } catch (error) {
      this.failWith(response, error);
    }
  }

  private sendStatus(response: ServerResponse): void {
    response.writeHead(200, { "content-type": "application/json" }).end(`${JSON.stringify(this.options.status())}\n`);
  }

  private async answerClient(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const access = this.options.tokens.accessOf(request.headers.authorization);
    if (access === undefined) {
      this.fail(response, "Unauthorized", "the token is not one of this cluster");
      return;
    }
    this.crowd.remove(nameOf(request.socket), request.socket.remoteAddress ?? "unknown");
    const asked = decode(z.unknown(), await bodyOf(request), "the body", requestBounds);
    send(response, 200, encode(await this.options.handle(asked, access)));
  }

  private failWith(response: ServerResponse, error: unknown): void {
    const code = errorCodeOf(error);
    const message = error instanceof Error ? error.message : String(error);
    if (code === undefined) this.options.logger.log("error", "requestFailed", { error });
    const primary = error instanceof NotPrimaryError ? error.primary : null;
    this.fail(response, code ?? "Fault", message, primary);
  }

  private fail(response: ServerResponse, code: Failure["code"], message: string, primary: number | null = null): void {
    const failure: Failure = { code, message: message.slice(0, 4_096), primary };
    // What is left of a body that was too large is not read.
    const headers = response.req.complete ? {} : { connection: "close" };
    send(response, httpStatusOf[code], encode(failure), headers);
  }
}

/** The same for a TLS socket and for the one below it. */
const nameOf = ({ remoteAddress = "unknown", remotePort = 0 }: Socket): string => `${remoteAddress} ${remotePort}`;

const send = (response: ServerResponse, status: number, body: Uint8Array, headers: Record<string, string> = {}): void => {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(status, { "content-type": "application/msgpack", "content-length": body.length, ...headers }).end(body);
};

const bodyOf = (request: IncomingMessage): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length <= maxBodyBytes) chunks.push(chunk);
      else {
        request.pause();
        reject(new BodyTooLarge(`a request has at most ${maxBodyBytes} bytes`));
      }
    });
    request.on("end", () => resolve(Buffer.concat(chunks)));
    request.on("error", reject);
  });
