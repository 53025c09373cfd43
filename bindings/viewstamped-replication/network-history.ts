/**
 * The spec's variable `messages`, seen from the network: what has ever been on it, and how many copies still are. The spec
 * counts delivered StartViewChanges and DoViewChanges of the current view; the engine keeps these itself, and for them its
 * word is what counts.
 */
import type { ControlledNetwork, MessageInFlight } from "../../engine/wiring/controlled/network.ts";
import { NetworkValue } from "../../specs/language/collections.ts";
import type { Observed } from "../../engine/replication/core.ts";
import type { ControlledCluster, Member } from "./controlled-cluster.ts";
import { messageIn, specMessage } from "./spec-values.ts";
import type { SpecMessage } from "./spec-values.ts";

export class NetworkHistory {
  /** Every message that was ever seen, by its text. */
  private readonly seen = new Map<string, SpecMessage>();
  /** Number in the bag -> the message; undefined for one that the spec does not have. */
  private readonly inBag = new Map<number, SpecMessage | undefined>();

  /** To be called when the network is quiet: takes note of what is new. */
  record({ network }: ControlledCluster): void {
    for (const flying of network.messages()) this.imageOf(flying);
  }
  /** A DoViewChange to itself never is on the network: the new primary keeps it at once. */
  recordOwn({ r, replica }: Member): void {
    for (const message of replica.observe().receivedDVCs) if (message.source === r) this.note(specMessage(message));
  }
  private imageOf({ id, message }: MessageInFlight): SpecMessage | undefined {
    if (this.inBag.has(id)) return this.inBag.get(id);
    const image = specMessage(messageIn(message));
    this.inBag.set(id, image);
    this.note(image);
    return image;
  }
  private note(image: SpecMessage | undefined): void {
    if (image !== undefined && !this.seen.has(image.text)) this.seen.set(image.text, image);
  }

  /** A copy that can be handed to `r`. */
  find(network: ControlledNetwork, r: number, text: string): MessageInFlight | undefined {
    return network.messages().find((flying) => {
      const image = this.imageOf(flying);
      if (image?.text !== text) return false;
      const { dest, source } = image.message;
      return dest === "any" ? source !== r : dest === r;
    });
  }

  observe({ network }: ControlledCluster, replicas: readonly Observed[]): NetworkValue<unknown> {
    const pending = new Map<string, number>();
    for (const flying of network.messages()) {
      const text = this.imageOf(flying)?.text;
      if (text !== undefined) pending.set(text, (pending.get(text) ?? 0) + 1);
    }
    const entries = [...this.seen.values()].flatMap(({ text, message }): [unknown, number][] => {
      const count = pending.get(text) ?? 0;
      return count === 0 && isLost(replicas, message) ? [] : [[message, count]];
    });
    return new NetworkValue(entries, "dest");
  }
}

/** Was the message delivered to a replica that should count it, and does not have it? */
const isLost = (replicas: readonly Observed[], { type, dest, source, viewNumber }: SpecMessage["message"]): boolean => {
  if (type !== "StartViewChange" && type !== "DoViewChange") return false;
  const replica = replicas[Number(dest) - 1];
  if (replica === undefined) return false;
  if (replica.viewNumber !== viewNumber) return false;
  return type === "StartViewChange"
    ? !replica.receivedSVCs.includes(Number(source))
    : !replica.receivedDVCs.some((dvc) => dvc.source === source);
};
