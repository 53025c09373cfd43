/**
 * How a replica that has lost its disk comes back under its number: `specs/replica-rejoin` has the protocol and the search.
 *
 * It asks every other replica. Whoever answers has met its new life in the handshake before, so that it refuses from then on
 * what the earlier life has promised and what is still under way. All of them are needed: one that is not asked could count an old
 * promise later. A replica in normal operation tells its view, and if it leads it, its log; one that rejoins itself
 * tells that. With states from a majority, the primary of the latest view among them, the replica goes on from that
 * primary's log: it has all that its earlier life may have acknowledged to anyone. A snapshot gives what the log no longer has. Until all
 * is on disk it takes part in nothing.
 */
import { z } from "zod";
import { DecodeError, validated } from "../codec.ts";
import type { Clock, Logger, Network, Table } from "../ports.ts";
import { ReplicaCore } from "../replication/core.ts";
import { DurableState } from "../replication/durable-state.ts";
import { majority, peersOf, primary } from "../replication/group.ts";
import { Log } from "../replication/log.ts";
import { limits, operationSchema } from "../replication/messages.ts";

const natural = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const LogOfPrimary = z
  .strictObject({ logStart: natural.min(1), operations: z.array(operationSchema).max(limits.messageEntries), commitNumber: natural })
  .refine((log) => log.commitNumber <= log.logStart - 1 + log.operations.length, { error: "more is committed than there is" });
const RejoinMessage = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("Rejoin"), round: natural }),
  /** Of a replica in normal operation with its view, and the log if it leads it; view 0: of one that rejoins itself. */
  z.strictObject({ type: z.literal("RejoinAnswer"), round: natural, viewNumber: natural, log: LogOfPrimary.nullable() }),
]);
type RejoinMessage = z.infer<typeof RejoinMessage>;
type Answer = Extract<RejoinMessage, { type: "RejoinAnswer" }>;
export type Told = Pick<Answer, "viewNumber" | "log">;

/** Answers those that rejoin. `tell`: what this replica says now, which is on its disk; undefined for nothing, as during a view change. */
export const answerRejoins = (network: Network, logger: Logger, tell: () => Promise<Told | undefined>): void => {
  network.onMessage((from, raw) => {
    const message = received(from, raw, logger);
    if (message?.type !== "Rejoin") return;
    tell().then(
      (told) => {
        if (told !== undefined) network.send(from, { type: "RejoinAnswer", round: message.round, ...told } satisfies Answer);
      },
      (error: unknown) => logger.log("warn", "rejoinNotAnswered", { from, reason: error instanceof Error ? error.message : String(error) }),
    );
  });
};

const received = (from: number, raw: unknown, logger: Logger): RejoinMessage | undefined => {
  try {
    return validated(RejoinMessage, raw, `a message from replica ${from}`);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    logger.log("warn", "messageRefused", { from, reason: error.message });
    return undefined;
  }
};

export interface RejoinOptions {
  readonly replica: number;
  readonly replicas: number;
  readonly network: Network;
  readonly clock: Clock;
  readonly logger: Logger;
}

const askEveryMs = 200;
const reportEveryMs = 5_000;

/** What a replica goes on from. */
export interface Rejoined {
  readonly viewNumber: number;
  readonly log: z.infer<typeof LogOfPrimary>;
}

/** Asks until the answers are enough; meanwhile it says in the log what it waits for. Rejects when the signal aborts. */
export const askToRejoin = (options: RejoinOptions, signal: AbortSignal): Promise<Rejoined> => {
  const { replica, replicas, network, clock, logger } = options;
  const told = new Map<number, Told>();
  let round = 0;
  let nextReportMs = clock.now() + reportEveryMs;
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason instanceof Error ? signal.reason : new Error("stopped")));
    network.onMessage((from, raw) => {
      const message = received(from, raw, logger);
      if (message?.type === "Rejoin") network.send(from, { type: "RejoinAnswer", round: message.round, viewNumber: 0, log: null });
      else if (message !== undefined && message.round <= round) told.set(from, message);
    });
    const ask = (): void => {
      if (signal.aborted) return;
      const waitsFor = missing(told, replica, replicas);
      if (typeof waitsFor !== "string") return resolve(waitsFor);
      if (clock.now() >= nextReportMs) {
        nextReportMs = clock.now() + reportEveryMs;
        logger.log("warn", "waiting", { replica, waitsFor: `to rejoin: ${waitsFor}` });
      }
      round += 1;
      for (const peer of peersOf(replica, replicas)) network.send(peer, { type: "Rejoin", round } satisfies RejoinMessage);
      clock.setTimer("rejoin", askEveryMs, ask);
    };
    ask();
  });
};

/** What is still needed, in words; or what the replica goes on from. */
export const missing = (told: ReadonlyMap<number, Told>, replica: number, replicas: number): string | Rejoined => {
  const silent = peersOf(replica, replicas).filter((peer) => !told.has(peer));
  if (silent.length > 0) return `for an answer of replica ${silent.join(" and ")}; each must be up, and in no view change`;
  const states = [...told].filter(([, { viewNumber }]) => viewNumber > 0);
  if (states.length < majority(replicas))
    return `for the state of ${majority(replicas)} replicas; only ${states.length} have one, the others have lost theirs`;
  const viewNumber = Math.max(...states.map(([, state]) => state.viewNumber));
  const leader = primary(viewNumber, replicas);
  const ofLeader = told.get(leader);
  if (ofLeader?.viewNumber === viewNumber && ofLeader.log !== null) return { viewNumber, log: ofLeader.log };
  return leader === replica
    ? `until the others have left view ${viewNumber}, which this replica led`
    : `for the state of replica ${leader}, the primary of view ${viewNumber}`;
};

/** Writes the state that the replica starts from, in one synced write. `executedTo`: so many ops are in the application, by a snapshot. */
export const writeRejoined = async (
  table: Table,
  { replica, replicas }: { readonly replica: number; readonly replicas: number },
  incarnation: number,
  { viewNumber, log }: Rejoined,
  executedTo: number,
): Promise<void> => {
  // All of it is new on this disk.
  const own = new Log(log.logStart);
  own.replaceFrom(log.logStart, log.operations);
  own.dropThrough(executedTo);
  const core = new ReplicaCore(replica, replicas, {
    status: "Normal",
    viewNumber,
    lastNormalView: viewNumber,
    commitNumber: log.commitNumber,
    committedTo: Math.max(log.commitNumber, executedTo),
    sentDvc: false,
    sentSv: false,
    requestedView: 0,
    log: own,
  });
  const durable = new DurableState(table, "vr/", { replica, replicas }, incarnation);
  await table.write(durable.changes(core.state), { sync: true });
};
