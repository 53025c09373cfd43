/** What a replica sends: each message under an id of its own, and what is for any peer to one after the other. */
import type { Network } from "../ports.ts";
import { peerToAsk } from "./group.ts";
import type { Envelope, Message } from "./messages.ts";

export class Outbox {
  #messageNumber = 0;
  #asked = 0; // GetStates sent so far: each goes to another peer.

  constructor(
    readonly r: number,
    readonly replicas: number,
    readonly network: Network,
  ) {}

  envelope(message: Message, incarnation: number): Envelope {
    this.#messageNumber += 1;
    return { id: `${this.r}:${incarnation}:${this.#messageNumber}`, message };
  }

  send(envelope: Envelope): void {
    const { dest, viewNumber } = envelope.message;
    if (dest !== "any") return this.network.send(dest, envelope);
    this.network.send(peerToAsk(this.r, this.replicas, viewNumber, this.#asked), envelope);
    this.#asked += 1;
  }
}
