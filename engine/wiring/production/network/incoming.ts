/** A connection that another replica made: its messages come in here, and nothing but answers to pings goes out. */
import type { Socket } from "node:net";
import type { Timer } from "../../../ports.ts";
import type { Frame } from "./frames.ts";
import { FramedSocket } from "./framed-socket.ts";
import { maxHandshakeBytes, Responder } from "./handshake.ts";
import type { Proven } from "./handshake.ts";
import type { NetworkContext } from "./network.ts";
import { RefusedError } from "./refusals.ts";
import { Opener, sealBytes, Sealer } from "./session.ts";

export interface IncomingHandlers {
  authenticated(incoming: Incoming, peer: number): void;
  message(peer: number, content: Uint8Array): void;
  ended(incoming: Incoming, peer: number | undefined): void;
}

export class Incoming {
  private readonly framed: FramedSocket;
  private readonly responder: Responder;
  private isMeeting = false;
  private session: { readonly peer: number; readonly opener: Opener; readonly sealer: Sealer } | undefined;
  private timer: Timer;
  /** Of a long message that has not wholly come. */
  private pieces: Uint8Array[] = [];
  private piecesBytes = 0;
  private readonly remote: string;

  constructor(
    socket: Socket,
    private readonly context: NetworkContext,
    peers: ReadonlySet<number>,
    private readonly handlers: IncomingHandlers,
  ) {
    const { clock, counters, identity, lives, limits, random } = context;
    this.responder = new Responder(identity, lives, peers, random);
    this.framed = new FramedSocket(socket, maxHandshakeBytes, counters, {
      frame: (frame) => this.receive(frame),
      drained: () => undefined,
      ended: (reason) => this.end(reason),
    });
    this.remote = this.framed.remote;
    this.timer = clock.setTimer("handshake", limits.handshakeMs, () =>
      this.refuse(new RefusedError("timeout", `no handshake within ${limits.handshakeMs} ms`)),
    );
  }

  refuse(error: RefusedError): void {
    this.framed.refuse(error);
  }

  cut(): void {
    this.framed.cut();
  }

  private receive({ type, body }: Frame): void {
    if (type === "refused") this.framed.cut(new Error(`the other side refused this replica: ${refusedText(body)}`));
    else if (this.session !== undefined) this.receiveSealed(type, body);
    else if (this.isMeeting) throw new RefusedError("malformed", `a frame of type ${type} before the end of the handshake`);
    else if (type === "hello") this.framed.send("reply", this.responder.receiveHello(body));
    else if (type === "proof") this.meet(this.responder.receiveProof(body));
    else throw new RefusedError("malformed", `a frame of type ${type} before the handshake`);
  }

  /** Nothing of an earlier life of the peer is taken from the moment on at which this one is known to be there. */
  private meet(proven: Proven): void {
    this.isMeeting = true;
    this.context.lives.meet(proven.peer, proven.life).then(
      () => this.begin(proven),
      (error: unknown) => this.framed.fail(error),
    );
  }

  private begin({ peer, keys }: Proven): void {
    if (this.framed.isOver) return;
    this.session = { peer, opener: new Opener(keys.receive), sealer: new Sealer(keys.send) };
    this.framed.maxBodyBytes = this.context.limits.maxMessageBytes + sealBytes;
    this.context.counters.authenticated++;
    this.context.logger.log("info", "replica connected", { peer, remote: this.remote });
    // The first answer tells the initiator that its proof was accepted.
    this.framed.send("pong", this.session.sealer.seal("pong", new Uint8Array(0)));
    this.expectMore();
    this.handlers.authenticated(this, peer);
  }

  private receiveSealed(type: Frame["type"], body: Uint8Array): void {
    if (this.session === undefined) return;
    const { peer, opener, sealer } = this.session;
    if (type !== "message" && type !== "piece" && type !== "last" && type !== "ping")
      throw new RefusedError("malformed", `a frame of type ${type} after the handshake`);
    const content = opener.open(type, body);
    this.expectMore();
    if (type === "ping") this.framed.send("pong", sealer.seal("pong", new Uint8Array(0)));
    else if (type === "message") this.handlers.message(peer, content);
    else this.receivePiece(peer, type, content);
  }

  private receivePiece(peer: number, type: "piece" | "last", content: Uint8Array): void {
    this.pieces.push(content);
    this.piecesBytes += content.length;
    const { maxMessageBytes } = this.context.limits;
    if (this.piecesBytes > maxMessageBytes)
      throw new RefusedError("oversized", `a message of more than ${maxMessageBytes} bytes in pieces; at most that are accepted here`);
    if (type === "piece") return;
    const whole = Buffer.concat(this.pieces);
    this.pieces = [];
    this.piecesBytes = 0;
    this.handlers.message(peer, whole);
  }

  /** The initiator pings; when it is silent, it is gone, and the connection must not stay. */
  private expectMore(): void {
    const { clock, limits } = this.context;
    this.timer.cancel();
    this.timer = clock.setTimer("silence", limits.silenceMs, () => this.framed.cut(new Error(`silent for ${limits.silenceMs} ms`)));
  }

  private end(reason: Error | undefined): void {
    this.timer.cancel();
    const peer = this.session?.peer;
    const fields = { remote: this.remote, ...(peer === undefined ? {} : { peer }), reason: reason?.message ?? "closed" };
    if (reason instanceof RefusedError) this.context.logger.log("warn", "connection refused", { ...fields, code: reason.reason });
    else if (peer !== undefined) this.context.logger.log("info", "replica disconnected", fields);
    else if (reason !== undefined) this.context.logger.log("info", "connection lost before its handshake", fields);
    this.handlers.ended(this, peer);
  }
}

/** Unproven text from outside, for the log. */
export const refusedText = (body: Uint8Array): string => JSON.stringify(Buffer.from(body.subarray(0, 40)).toString("latin1"));
