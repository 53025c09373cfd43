/**
 * Messages between replicas over TCP. Each replica makes one connection to each other replica, and sends on that; it receives
 * on those that others made. The network is unreliable as its port says: when a connection is lost, so is what was under way.
 */
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { z } from "zod";
import { decode, encode } from "../../../codec.ts";
import type { Clock, Logger, Network, Random } from "../../../ports.ts";
import { Crowd } from "../crowd.ts";
import type { TlsContent } from "../tls.ts";
import { NetworkCounters } from "./counters.ts";
import { Identity } from "./handshake.ts";
import type { IdentityOptions } from "./handshake.ts";
import { Incoming } from "./incoming.ts";
import type { Lives } from "./lives.ts";
import { Outgoing } from "./outgoing.ts";
import { MessageTooLargeError, RefusedError } from "./refusals.ts";

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface NetworkLimits {
  /** The longest message, encoded. */
  readonly maxMessageBytes: number;
  readonly handshakeMs: number;
  /** Connections that have not proven themselves, in all and of one address; above that, one is cut off (`crowd.ts`). */
  readonly maxUnauthenticated: number;
  readonly maxUnauthenticatedOfAddress: number;
  /** What waits for one replica; above that, the oldest message is dropped. */
  readonly maxQueuedBytes: number;
  readonly maxQueuedMessages: number;
  readonly pingMs: number;
  /** A connection on which nothing comes for so long is cut. */
  readonly silenceMs: number;
  readonly shortestBackoffMs: number;
  readonly longestBackoffMs: number;
}

export const defaultLimits: NetworkLimits = {
  maxMessageBytes: 8 * 2 ** 20,
  handshakeMs: 5000,
  maxUnauthenticated: 64,
  maxUnauthenticatedOfAddress: 32,
  maxQueuedBytes: 16 * 2 ** 20,
  maxQueuedMessages: 10_000,
  pingMs: 500,
  silenceMs: 3000,
  shortestBackoffMs: 50,
  longestBackoffMs: 1000,
};

export interface NetworkContext {
  readonly identity: Identity;
  readonly lives: Lives;
  readonly limits: NetworkLimits;
  readonly tls: TlsContent | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly counters: NetworkCounters;
}

export interface NetworkOptions {
  readonly identity: IdentityOptions;
  /** The numbers of all replicas of the group; its own may be among them. */
  readonly replicas: readonly number[];
  /** 127.0.0.1 and any free port by default. */
  readonly listen?: Partial<Address>;
  readonly limits?: Partial<NetworkLimits>;
  /** With it, both sides show a certificate of its authority, and all is encrypted. Who a replica is, its own key tells. */
  readonly tls?: TlsContent | undefined;
  readonly clock: Clock;
  /** Nonces are made of it: in production, the system's. */
  readonly random: Random;
  readonly logger: Logger;
}

export class TcpNetwork implements Network {
  readonly counters = new NetworkCounters();
  private readonly context: Omit<NetworkContext, "lives">;
  private lives: Lives | undefined;
  private readonly peers: ReadonlySet<number>;
  private readonly server: Server;
  private readonly unauthenticated: Crowd<Incoming>;
  private readonly incoming = new Map<number, Incoming>();
  private readonly outgoing = new Map<number, Outgoing>();
  private handler: ((from: number, message: unknown) => void) | undefined;
  private isClosed = false;

  private constructor(options: NetworkOptions) {
    const { clock, random, logger } = options;
    const identity = new Identity(options.identity);
    this.peers = new Set(options.replicas.filter((r) => r !== identity.replica));
    this.context = {
      identity,
      clock,
      random,
      logger,
      counters: this.counters,
      limits: { ...defaultLimits, ...options.limits },
      tls: options.tls,
    };
    const { tls } = options;
    const { maxUnauthenticated: most, maxUnauthenticatedOfAddress: mostOfAddress, handshakeMs } = this.context.limits;
    this.unauthenticated = new Crowd({ most, mostOfAddress });
    if (tls === undefined) this.server = createServer((socket) => this.accept(socket));
    else {
      const certified = { ...tls, requestCert: true, rejectUnauthorized: true, handshakeTimeout: handshakeMs };
      this.server = createTlsServer(certified, (socket) => this.accept(socket)).on("tlsClientError", (error) =>
        logger.log("warn", "connection refused", { reason: error.message, code: "tls" }),
      );
    }
  }

  /** Rejects with Node's error when the address cannot be had (EADDRINUSE), and throws for keys that do not fit. Until `connect`, nobody is let in. */
  static async listen(options: NetworkOptions): Promise<TcpNetwork> {
    const network = new TcpNetwork(options);
    const { host = "127.0.0.1", port = 0 } = options.listen ?? {};
    await new Promise<void>((resolve, reject) => {
      network.server.once("error", reject);
      network.server.listen({ host, port, backlog: 64 }, () => {
        network.server.off("error", reject);
        resolve();
      });
    });
    network.server.on("error", (error) => options.logger.log("error", "cannot accept connections", { error }));
    return network;
  }

  /** Where it listens. */
  get address(): Address {
    const address = this.server.address();
    if (address === null || typeof address === "string") throw new Error("the network is closed");
    return { host: address.address, port: address.port };
  }

  /** Replicas to which there is a connection. */
  get connected(): readonly number[] {
    return [...this.outgoing].filter(([, o]) => o.isConnected).map(([peer]) => peer);
  }

  get waitingBytes(): number {
    return [...this.outgoing.values()].reduce((sum, o) => sum + o.waitingBytes, 0);
  }

  get unauthenticatedConnections(): number {
    return this.unauthenticated.size;
  }

  /**
   * From now on, in this life, others are let in. Begins to connect, and connects again whenever a connection is lost.
   * Replicas that are known keep their address.
   */
  connect(addresses: ReadonlyMap<number, Address>, lives: Lives): void {
    this.lives = lives;
    for (const [peer, address] of addresses)
      if (this.peers.has(peer) && !this.outgoing.has(peer) && !this.isClosed)
        this.outgoing.set(peer, new Outgoing(peer, address, { ...this.context, lives }));
  }

  /** Throws MessageTooLargeError, and RangeError for a replica that is not another one of the group. */
  send(to: number, message: unknown): void {
    if (!this.peers.has(to)) throw new RangeError(`replica ${to} is not one of the others: ${[...this.peers].join(", ")}`);
    const content = encode(message);
    const { maxMessageBytes } = this.context.limits;
    if (content.length > maxMessageBytes)
      throw new MessageTooLargeError(`a message of ${content.length} bytes to replica ${to}; at most ${maxMessageBytes} are sent`);
    this.outgoing.get(to)?.send(content);
  }

  onMessage(handler: (from: number, message: unknown) => void): void {
    this.handler = handler;
  }

  /** Ends every connection, and what waits to be sent is lost. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    for (const outgoing of this.outgoing.values()) outgoing.close();
    for (const incoming of [...this.unauthenticated.all, ...this.incoming.values()]) incoming.cut();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private accept(socket: Socket): void {
    const { lives } = this;
    if (lives === undefined) {
      // The other side will try again.
      socket.destroy();
      return;
    }
    const address = socket.remoteAddress ?? "unknown";
    const incoming = new Incoming(socket, { ...this.context, lives }, this.peers, {
      authenticated: (accepted, peer) => {
        this.unauthenticated.remove(accepted, address);
        // The replica has connected again before its old connection was noticed to be gone.
        this.incoming.get(peer)?.cut();
        this.incoming.set(peer, accepted);
      },
      message: (peer, content) => this.receive(peer, content),
      ended: (ended, peer) => {
        this.unauthenticated.remove(ended, address);
        if (peer !== undefined && this.incoming.get(peer) === ended) this.incoming.delete(peer);
      },
    });
    const crowded = this.unauthenticated.add(incoming, address);
    crowded?.refuse(new RefusedError("crowded", `${this.unauthenticated.size} other connections have not proven themselves either`));
  }

  private receive(from: number, content: Uint8Array): void {
    let message: unknown;
    try {
      message = decode(z.unknown(), content, `a message from replica ${from}`);
    } catch (error) {
      throw new RefusedError("malformed", error instanceof Error ? error.message : String(error));
    }
    try {
      this.handler?.(from, message);
    } catch (error) {
      // One message that cannot be handled must not cost the connection, nor the process.
      this.context.logger.log("error", "a message could not be handled", { from, error });
    }
  }
}
