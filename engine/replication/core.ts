/**
 * Viewstamped Replication Revisited, one replica, without any I/O: its variables, and its actions one at a time. Time,
 * the network and the disk are the business of `Replica`.
 *
 * An action is a list of named guards and an effect (`actions.ts`). The table is a protected property, so that a subclass
 * can replace one guard or one effect. The design is the published final one: lazy view update, the strict StartView
 * guard, no truncation in state transfer, the status StateTransfer, and state only from later views.
 *
 * Left out: the client table (part of the executed state, hence of the application), recovery without a disk (a replica
 * keeps what it has promised on its disk, and without it does not start: `engine/node/rejoin.ts` brings it back), and
 * reconfiguration.
 */
import { actions } from "./actions.ts";
import type { Actions, ActionName, Step, StepOf } from "./actions.ts";
import { Log } from "./log.ts";
import type { Message, MessageOf, Status } from "./messages.ts";
import type { Action, ReplicaState, Scope } from "./state.ts";
import { sendDoViewChange } from "./view-change.ts";

export type StepResult = { readonly ok: true; readonly sent: readonly Message[] } | { readonly ok: false; readonly refused: string };

/** What a replica remembers when it is started again. All else is learnt anew. */
export interface Remembered {
  readonly status: Status;
  readonly viewNumber: number;
  readonly lastNormalView: number;
  readonly commitNumber: number;
  readonly committedTo: number;
  readonly sentDvc: boolean;
  readonly sentSv: boolean;
  readonly requestedView: number;
  readonly log: Log;
}

/** All variables as plain values. */
export type Observed = ReturnType<ReplicaCore["observe"]>;

/** How many Prepares are kept that cannot be appended yet. Those beyond are dropped, and will be sent again. */
const maxHeldPrepares = 256;

/** What a message may lead to. The first action that is not refused is taken. */
const actionsFor = {
  Prepare: ["ReceivePrepareMsg", "SendGetState", "SendGetStateInView"],
  PrepareOk: ["ReceivePrepareOkMsg"],
  StartViewChange: ["ReceiveHigherSVC", "ReceiveMatchingSVC", "RepeatStartView"],
  DoViewChange: ["ReceiveHigherDVC", "ReceiveMatchingDVC", "RepeatStartView"],
  StartView: ["ReceiveSV", "RequestSnapshotForSV"],
  GetState: ["ReceiveGetState", "AnswerSnapshotNeeded"],
  NewState: ["ReceiveNewState", "ReceiveNewStateInView"],
  Commit: ["ReceiveCommit", "SendGetStateInView", "AnswerLaterCommit"],
  CommitOk: ["ReceiveCommitOk", "RepeatStartView"],
  SnapshotNeeded: ["ReceiveSnapshotNeeded"],
} as const satisfies { readonly [K in Message["type"]]: readonly ActionName[] };

export class ReplicaCore {
  readonly r: number;
  readonly replicas: number;
  protected readonly actions: Actions = actions;
  readonly #state: ReplicaState;
  /** Prepares that were received too early, by op number. All are of `#heldView`. */
  readonly #held = new Map<number, MessageOf<"Prepare">>();
  #heldView = 0;

  /** Without anything to remember: a member of a new cluster, without data. */
  constructor(r: number, replicas: number, remembered?: Remembered) {
    this.r = r;
    this.replicas = replicas;
    const log = remembered?.log ?? new Log();
    const fresh = { status: "Normal", viewNumber: 1, lastNormalView: 1, commitNumber: 0, committedTo: 0 } as const;
    this.#state = {
      ...{ ...fresh, sentDvc: false, sentSv: false, requestedView: 0, ...remembered, log },
      peerOpNumber: new Map(),
      receivedSVCs: new Set(),
      receivedDVCs: new Map(),
      sentGetStates: new Set(),
      requestedInView: -1,
      viewStartOp: log.opNumber,
      snapshotWanted: undefined,
    };
    // To other replicas the DoViewChange is sent again by a timer; to itself there is no network that could lose it.
    if (this.#state.status === "ViewChange" && this.#state.sentDvc) sendDoViewChange(this.#scope(() => undefined));
  }

  get state(): Readonly<ReplicaState> {
    return this.#state;
  }

  /** Takes exactly this action, or is refused by the first of its guards that is false. */
  step(step: Step): StepResult {
    return this.#take(step.act, step);
  }

  /** The actions that a message may lead to, in the order in which they are tried. */
  stepsFor(message: Message): Step[] {
    // `actionsFor` pairs every type of message with actions that take it; the checker cannot follow the pairing.
    return actionsFor[message.type].map((act) => ({ act, message }) as unknown as Step);
  }

  /** Is the message of use later? Then it is kept, as the spec's network would. */
  hold(message: Message): void {
    if (message.type !== "Prepare" || message.viewNumber < this.#state.viewNumber || message.viewNumber < this.#heldView) return;
    if (message.viewNumber === this.#state.viewNumber && message.opNumber <= this.#state.log.opNumber) return;
    if (message.viewNumber > this.#heldView) this.#held.clear();
    this.#heldView = message.viewNumber;
    if (this.#held.size < maxHeldPrepares) this.#held.set(message.opNumber, message);
  }

  /** The enabled actions that need no input. */
  internalSteps(): Step[] {
    const steps: Step[] = [{ act: "SendDVC" }, { act: "SendSV" }, { act: "RequestSnapshotForDVC" }, { act: "ExecuteOp" }];
    const next = this.#held.get(this.#state.log.opNumber + 1);
    if (next !== undefined) steps.push({ act: "ReceivePrepareMsg", message: next });
    return steps.filter((step) => this.refusal(step) === undefined);
  }

  /** The name of the guard that refuses the action now, if one does. Changes nothing. */
  refusal(step: Step): string | undefined {
    return this.#refusal(step.act, step);
  }

  /** A deep copy of all variables, as plain values. */
  observe() {
    const { log, peerOpNumber, receivedSVCs, receivedDVCs, sentGetStates, ...plain } = this.#state;
    return {
      ...plain,
      logStart: log.logStart,
      log: log.from(log.logStart),
      opNumber: log.opNumber,
      peerOpNumber: Object.fromEntries(peerOpNumber),
      receivedSVCs: [...receivedSVCs].sort((a, b) => a - b),
      receivedDVCs: [...receivedDVCs.values()].sort((a, b) => a.source - b.source),
      sentGetStates: [...sentGetStates].sort(),
      heldPrepares: [...this.#held.values()],
    };
  }

  #scope(send: (message: Message) => void): Scope {
    return { r: this.r, replicas: this.replicas, self: this.#state, send };
  }

  #refusal<A extends ActionName>(act: A, args: StepOf<A>): string | undefined {
    const { guards } = this.#action(act);
    const scope = this.#scope(() => {
      throw new Error(`a guard of ${act} sends a message`);
    });
    return Object.keys(guards).find((name) => guards[name]?.(scope, args) === false);
  }

  #take<A extends ActionName>(act: A, args: StepOf<A>): StepResult {
    const refused = this.#refusal(act, args);
    if (refused !== undefined) return { ok: false, refused };
    const sent: Message[] = [];
    this.#action(act).effect(
      this.#scope((message) => sent.push(message)),
      args,
    );
    this.#forgetHeld();
    return { ok: true, sent };
  }

  /** The entry of the table, for arguments that belong to it. */
  #action<A extends ActionName>(act: A): Action<StepOf<A>> {
    return this.actions[act];
  }

  #forgetHeld(): void {
    const { viewNumber, log } = this.#state;
    if (this.#heldView < viewNumber) this.#held.clear();
    else if (this.#heldView === viewNumber)
      for (const opNumber of this.#held.keys()) if (opNumber <= log.opNumber) this.#held.delete(opNumber);
  }
}
