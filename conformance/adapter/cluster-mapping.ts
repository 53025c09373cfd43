/**
 * What a spec's actions are to a cluster of real nodes, each in a process of its own. The controller owns everything
 * between and below the nodes (network, timers, disks, clients, power), and the mapping says which part of it an action
 * moves. It is written once for a spec, and knows the engine's messages and state only as JSON.
 */
import type { Arguments } from "../driver.ts";
import type { Constants } from "../../specs/language/schema.ts";

/** A message that a node has sent. */
export interface SentMessage {
  /** Counts the messages of the cluster since its start. */
  readonly id: number;
  readonly from: string;
  /** A node, or "any": the network may hand it to whom it likes, but for the sender. */
  readonly to: string;
  readonly message: unknown;
  /** Not yet delivered. A message to oneself never is on the network. */
  readonly pending: boolean;
}

/** An operation that a node has given to its disk, and that has not ended. */
export interface PendingIo {
  readonly ioId: number;
  readonly op: "write" | "truncate" | "sync";
  readonly file: string;
}

export interface NodeView {
  /** False between a crash and the next start. */
  readonly up: boolean;
  /** The timers that are set. */
  readonly timers: ReadonlySet<string>;
  /** In the order in which they were issued. */
  readonly io: readonly PendingIo[];
  /** How many writes have ended and are not synced: what a crash may lose. */
  readonly unsynced: number;
  /** File -> what a crash cannot lose. */
  readonly durable: Readonly<Record<string, Uint8Array>>;
}

/** Everything outside the nodes. */
export interface World {
  readonly constants: Constants;
  readonly sent: readonly SentMessage[];
  /** The actions that were taken since the start, in order: what the bounds of a model are counted by. */
  readonly taken: readonly { readonly action: string; readonly args: Arguments }[];
  /** The answers that clients have, by the ids of their operations. */
  readonly replies: ReadonlyMap<string, unknown>;
  /** Throws HarnessError for a name that the mapping has not given. */
  node(name: string): NodeView;
}

/** What happens to one node. All but a crash and a start is refused by a node that is down. */
export type Stimulus =
  /** `keep`: a copy of the message arrives, and the message stays on the network. */
  | { readonly kind: "deliver"; readonly node: string; readonly id: number; readonly keep?: boolean }
  | { readonly kind: "fire"; readonly node: string; readonly timer: string }
  | { readonly kind: "client"; readonly node: string; readonly opId: string; readonly op: unknown }
  | { readonly kind: "diskDone"; readonly node: string; readonly ioId: number; readonly failed?: boolean }
  /** SIGKILL. Of the writes that have ended and are not synced, the first `persisted` survive; what has not ended is lost. */
  | { readonly kind: "crash"; readonly node: string; readonly persisted?: number }
  /** A new process, with what is left on the disk. */
  | { readonly kind: "restart"; readonly node: string };

export interface ClusterMapping {
  /** The names of the nodes, by which they know each other. */
  nodes(constants: Constants): readonly string[];
  /** "stepwise": an operation of a disk ends when an action says so. "at once": the spec has no disk. */
  readonly disk: "at once" | "stepwise";
  /**
   * What happens for an action: nothing, if it is one of the world alone. A text is why it cannot happen, which counts as
   * the guard that refuses it. A node that is moved must report the action, and no other, by an event.
   */
  stimuli(action: string, args: Arguments, world: World): readonly Stimulus[] | string;
  /**
   * The state of the spec, as plain JSON: sets are lists, bags and networks lists of [element, count], what is absent is
   * null, a variant is a record with its `type`. `states` has what each node that is up shows of itself.
   */
  state(world: World, states: ReadonlyMap<string, Readonly<Record<string, unknown>>>): Readonly<Record<string, unknown>>;
  /** As in `Observation`. */
  readonly unobserved?: readonly string[];
}
