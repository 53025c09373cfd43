/**
 * A network that loses, delays, repeats and reorders messages, at random from a seed. It wraps any network: a real process
 * can be run on it by its configuration, to see that the engine asks of the network no more than the port promises.
 */
import { z } from "zod";
import type { Clock, Network, Random } from "../../../ports.ts";

/** Probabilities of 0 to 1. A message that is delayed or repeated may be overtaken by those sent after it. */
export const faultsSchema = z.strictObject({
  loss: z.number().min(0).max(1).default(0),
  duplication: z.number().min(0).max(1).default(0),
  delay: z.number().min(0).max(1).default(0),
  longestDelayMs: z.int().min(0).max(60_000).default(100),
});
export type Faults = z.infer<typeof faultsSchema>;

const precision = 2 ** 30;
/** Delayed messages are held in memory; above this, they are lost. */
const mostDelayed = 10_000;

export class FaultyNetwork implements Network {
  private delayed = 0;

  constructor(
    private readonly network: Network,
    private readonly faults: Faults,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  send(to: number, message: unknown): void {
    const copies = this.happens(this.faults.duplication) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) if (!this.happens(this.faults.loss)) this.sendOrDelay(to, message);
  }

  onMessage(handler: (from: number, message: unknown) => void): void {
    this.network.onMessage(handler);
  }

  private sendOrDelay(to: number, message: unknown): void {
    if (!this.happens(this.faults.delay)) {
      this.network.send(to, message);
      return;
    }
    if (this.delayed >= mostDelayed) return;
    this.delayed++;
    // The sender may change its object before it leaves.
    const copy = structuredClone(message);
    this.clock.setTimer("delayed message", this.random.integer(this.faults.longestDelayMs + 1), () => {
      this.delayed--;
      this.network.send(to, copy);
    });
  }

  private happens(probability: number): boolean {
    return this.random.integer(precision) < probability * precision;
  }
}
