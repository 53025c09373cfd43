/** One network for the parts of a replica: each has a channel of its own, on which it sees only what its counterparts sent. */
import { z } from "zod";
import { DecodeError, validated } from "../codec.ts";
import type { Logger, Network } from "../ports.ts";

export const channels = ["replication", "batches", "snapshots", "rejoin"] as const;
export type Channel = (typeof channels)[number];

const Packet = z.strictObject({ channel: z.enum(channels), body: z.unknown() });
type Handler = (from: number, message: unknown) => void;

export class Multiplexer {
  private readonly network: Network;
  private readonly handlers = new Map<Channel, Handler>();

  constructor(network: Network, logger: Logger) {
    this.network = network;
    network.onMessage((from, message) => {
      try {
        const { channel, body } = validated(Packet, message, `a message from replica ${from}`);
        // A part that is not up yet misses its messages: networks lose some anyway.
        this.handlers.get(channel)?.(from, body);
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        logger.log("warn", "messageRefused", { from, reason: error.message });
      }
    });
  }

  channel(channel: Channel): Network {
    return {
      send: (to, body) => this.network.send(to, { channel, body }),
      onMessage: (handler) => void this.handlers.set(channel, handler),
    };
  }
}
