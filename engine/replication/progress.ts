/** Whether views get something done, and what is not sent again and again while they do not. */
import type { Clock } from "../ports.ts";
import type { Step } from "./actions.ts";
import type { ReplicaState } from "./state.ts";

/** How a replica was before an action. `led`: the view that it led, or 0. */
export interface Before {
  readonly led: number;
  readonly viewNumber: number;
  readonly committedTo: number;
}

/** Does the step show that the view gets something done, or that there is nothing to do? `committedBefore`: as in `Before`. */
export const showsProgress = (state: Readonly<ReplicaState>, { act }: Step, committedBefore: number): boolean => {
  const { status, committedTo, commitNumber, log } = state;
  if (status !== "Normal") return false;
  return committedTo > committedBefore || ((act === "ReceiveCommit" || act === "ReceiveCommitOk") && commitNumber >= log.opNumber);
};

const repeatStartViewMs = 300;
/**
 * A StartView is as large as the log, and whoever lacks one shows it at every heartbeat, also while one is on its way: it is
 * sent to each replica only so often.
 */
export class StartViewsSent {
  readonly #sent = new Map<number, { readonly viewNumber: number; readonly ms: number }>();

  constructor(private readonly clock: Clock) {}

  /** `viewNumber`: that of this replica. */
  isTooSoon(step: Step, viewNumber: number): boolean {
    if (step.act !== "RepeatStartView") return false;
    const last = this.#sent.get(step.message.source);
    return last?.viewNumber === viewNumber && this.clock.now() - last.ms < repeatStartViewMs;
  }

  taken(step: Step, viewNumber: number): void {
    if (step.act === "RepeatStartView") this.#sent.set(step.message.source, { viewNumber, ms: this.clock.now() });
  }
}
