/** What a replica waits for, in words for its log, when it has waited for long: nothing hangs without one. */
import type { Clock, Logger } from "../ports.ts";
import { majority, minority, peersOf, primary } from "./group.ts";
import type { ReplicaState } from "./state.ts";

const reportEveryMs = 3_000;

/** Undefined while all goes on as it should. */
export const waitsFor = (state: Readonly<ReplicaState>, r: number, replicas: number): string | undefined => {
  const { status, viewNumber, receivedSVCs, receivedDVCs, requestedView, log, commitNumber, peerOpNumber } = state;
  const leader = primary(viewNumber, replicas);
  const without = (heard: Iterable<number>): string => {
    const all = new Set(heard);
    return peersOf(r, replicas)
      .filter((peer) => !all.has(peer))
      .join(" and ");
  };
  if (status === "StateTransfer") return `the state of view ${requestedView}, which was asked for at op ${log.opNumber}`;
  if (status === "ViewChange") {
    const change = `the change to view ${viewNumber}`;
    if (!state.sentDvc)
      return `${change}: ${minority(replicas)} other replicas must join it; nothing was heard of replica ${without(receivedSVCs.keys())}`;
    if (leader !== r) return `${change}: a StartView of replica ${leader}`;
    if (receivedDVCs.size < majority(replicas))
      return `${change}: DoViewChanges of ${majority(replicas)} replicas; none has come from replica ${without(receivedDVCs.keys())}`;
    return `${change}: a snapshot of what the best log no longer has`;
  }
  if (leader !== r || commitNumber >= log.opNumber) return undefined;
  const behind = peersOf(r, replicas).filter((peer) => (peerOpNumber.get(peer) ?? 0) <= commitNumber);
  return `acknowledgements of op ${commitNumber + 1} from ${minority(replicas)} other replicas; none has come from replica ${behind.join(" and ")}`;
};

/** Says it once every few seconds, from the moment on at which nothing has moved for that long. */
export class WaitingLine {
  #since: { readonly what: string; readonly ms: number } | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** Called at every beat. */
  look(state: Readonly<ReplicaState>, r: number, replicas: number): void {
    const { status, viewNumber, commitNumber } = state;
    const what = waitsFor(state, r, replicas);
    if (what === undefined) {
      this.#since = undefined;
      return;
    }
    const now = this.clock.now();
    // A primary that commits something waits for the next op, and so on: that is no wait. Views that change are one.
    const key = status === "Normal" ? `${viewNumber} ${commitNumber}` : "no view";
    if (this.#since?.what !== key) this.#since = { what: key, ms: now };
    else if (now - this.#since.ms >= reportEveryMs) {
      this.#since = { what: key, ms: now };
      this.logger.log("warn", "waiting", { waitsFor: what });
    }
  }
}
