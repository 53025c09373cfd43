/**
 * A network whose messages lie in a bag until they are delivered, dropped or repeated, in any order. Messages go through the
 * codec on their way, so that nothing is shared between replicas and nothing passes that could not be sent.
 */
import { z } from "zod";
import { decode, encode } from "../../codec.ts";
import type { Network } from "../../ports.ts";

export interface MessageInFlight {
  readonly id: number;
  readonly from: number;
  readonly to: number;
  readonly message: unknown;
}
type Handler = (from: number, message: unknown) => void;

export class ControlledNetwork {
  activity = 0;
  private lastId = 0;
  private readonly bag = new Map<number, MessageInFlight>();
  private readonly handlers = new Map<number, Handler>();
  private readonly attachments = new Map<number, number>();
  private groups: readonly (readonly number[])[] = [];

  /** The network as this replica sees it. A second call is a restart: what was attached before neither sends nor receives. */
  attach(replica: number): Network {
    this.detach(replica);
    const attachment = this.attachments.get(replica);
    const isCurrent = (): boolean => this.attachments.get(replica) === attachment;
    return {
      send: (to, message) => {
        if (isCurrent()) this.put(replica, to, encode(message));
      },
      onMessage: (handler) => {
        if (isCurrent()) this.handlers.set(replica, handler);
      },
    };
  }

  /** The replica has crashed. What it sent stays in the bag. */
  detach(replica: number): void {
    this.handlers.delete(replica);
    this.attachments.set(replica, (this.attachments.get(replica) ?? 0) + 1);
  }

  /** The bag, oldest first; also what a partition holds back. */
  messages(): readonly MessageInFlight[] {
    return [...this.bag.values()];
  }

  /** Takes the message out and hands it over. False when nobody listens there: it is lost. Throws when a partition is between. */
  deliver(id: number): boolean {
    const message = this.find(id);
    if (!this.isConnected(message.from, message.to))
      throw new Error(`message ${id} cannot go from replica ${message.from} to ${message.to}: a partition is between them`);
    this.drop(id);
    const handler = this.handlers.get(message.to);
    handler?.(message.from, message.message);
    return handler !== undefined;
  }

  /** Delivers the oldest message that no partition holds back; false when there is none. */
  deliverOldest(): boolean {
    const message = this.messages().find((m) => this.isConnected(m.from, m.to));
    if (message === undefined) return false;
    this.deliver(message.id);
    return true;
  }

  drop(id: number): void {
    this.find(id);
    this.activity++;
    this.bag.delete(id);
  }

  /** Puts a copy into the bag and returns its id. */
  duplicate(id: number): number {
    const message = this.find(id);
    return this.put(message.from, message.to, encode(message.message));
  }

  /** Replicas of different groups cannot reach each other; one that is in no group reaches all. */
  partition(...groups: readonly (readonly number[])[]): void {
    this.groups = groups;
  }

  heal(): void {
    this.groups = [];
  }

  isConnected(from: number, to: number): boolean {
    const groupOf = (replica: number): number => this.groups.findIndex((g) => g.includes(replica));
    return groupOf(from) === groupOf(to) || groupOf(from) < 0 || groupOf(to) < 0;
  }

  private put(from: number, to: number, bytes: Uint8Array): number {
    this.activity++;
    const id = ++this.lastId;
    this.bag.set(id, { id, from, to, message: decode(z.unknown(), bytes, `a message from replica ${from}`) });
    return id;
  }

  private find(id: number): MessageInFlight {
    const message = this.bag.get(id);
    if (message === undefined) throw new Error(`no message ${id} is in the bag; it holds: ${[...this.bag.keys()].join(", ") || "nothing"}`);
    return message;
  }
}
