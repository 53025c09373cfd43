/**
 * One replica of the group: the core, on a network, a clock and a table. After each input it takes the internal actions
 * that are enabled, until none is.
 *
 * An op is executed when it is committed and on this replica's own disk. The commit point alone causes no write: it goes
 * with the next one, and at the start the application's own count may be ahead of it.
 */
import { signsOfLife } from "./actions.ts";
import type { Step } from "./actions.ts";
import { ReplicaCore } from "./core.ts";
import type { Observed, Remembered, StepResult } from "./core.ts";
import { amnesiaShownBy, forgotten } from "./amnesia.ts";
import { DurableState, checkWitnessed, reconciled } from "./durable-state.ts";
import { NotPrimaryError, NotReadyError, StoppedError, ViewChangedError, reasonOf } from "./errors.ts";
import { Executor } from "./executor.ts";
import type { Application } from "./executor.ts";
import { GroupCommit } from "./group-commit.ts";
import { checkMember, minority, peersOf, primary } from "./group.ts";
import { eventOf, variablesOf } from "./journal-event.ts";
import { InternalSteps } from "./internal-steps.ts";
import { Leadership } from "./leadership.ts";
import { checkJump, limits, receivedEnvelope } from "./messages.ts";
import type { Envelope, Message } from "./messages.ts";
import { Outbox } from "./outbox.ts";
import { StartViewsSent, type Before, showsProgress } from "./progress.ts";
import type { ReplicaOptions, ReplicaPorts } from "./replica-options.ts";
import { Restoration } from "./restoration.ts";
import { Submissions } from "./submissions.ts";
import { Timers } from "./timers.ts";
import { WaitingLine } from "./waiting-line.ts";

interface Parts {
  readonly core: ReplicaCore;
  readonly commit: GroupCommit;
  readonly executor: Executor;
  readonly leadership: Leadership;
  readonly timers: Timers;
  readonly restoration: Restoration;
  readonly waiting: WaitingLine;
  readonly internal: InternalSteps;
}

export class Replica {
  readonly r: number;
  readonly replicas: number;
  readonly #ports: ReplicaPorts;
  readonly #options: ReplicaOptions;
  readonly #application: Application;
  readonly #durable: DurableState;
  readonly #outbox: Outbox;
  readonly #submissions = new Submissions();
  readonly #startViews: StartViewsSent;
  #parts: Parts | undefined;
  #stopped: StoppedError | undefined;
  /** Of messages that were received, for the journal. */
  readonly #idOf = new WeakMap<Message, string>();
  /** What each peer had acknowledged at the last beat. */
  #atLastBeat = new Map<number, number>();

  /** Throws a RangeError for a group that cannot be. */
  constructor(options: ReplicaOptions, application: Application, ports: ReplicaPorts) {
    const { replica, replicas } = options;
    this.r = checkMember(replica, replicas);
    this.replicas = replicas;
    this.#options = options;
    this.#application = application;
    this.#ports = ports;
    this.#durable = new DurableState(ports.table, options.prefix ?? "vr/", { replica, replicas });
    this.#outbox = new Outbox(replica, replicas, ports.network);
    this.#startViews = new StartViewsSent(ports.clock);
  }

  /**
   * Reads the state from the table and goes on where it ended; an empty table is a new member of a new group. Throws
   * StateError or DecodeError for a state that is damaged or another's, and what the table throws.
   */
  async start(): Promise<void> {
    const loaded = await this.#durable.load();
    checkWitnessed(loaded, this.#ports.witness?.seen ?? 0);
    if (loaded === undefined && this.#options.isMember === true) throw forgotten(this.r);
    const core = this.createCore(reconciled(loaded, this.#application.executedTo()));
    const failed = (error: unknown): void => this.fail(error);
    const commit = new GroupCommit(this.#ports, this.#durable, core.state, failed);
    const executor = new Executor(this.#application, {
      next: (opNumber) => (opNumber <= Math.min(core.state.committedTo, commit.durableTo) ? core.state.log.at(opNumber) : undefined),
      executed: (opNumber) => this.#executed(opNumber),
      failed,
    });
    const leadership = new Leadership(minority(this.replicas), this.#durable.incarnation);
    const timers = new Timers(this.#ports.clock, this.#ports.random, this.#options.timing, {
      beat: () => this.#whole(() => this.#beat()),
      viewChange: () => this.#whole(() => this.#impatient()),
    });
    // The new incarnation is on disk before anything is sent under it.
    await this.#ports.table.write(this.#durable.changes(core.state), { sync: true });
    const internal = new InternalSteps(core, this.#ports.steps, {
      take: (step) => void this.take(step),
      resumed: () => this.#whole(() => this.settle()),
      failed,
    });
    const waiting = new WaitingLine(this.#ports.clock, this.#ports.logger);
    const restoration = new Restoration(core.state, executor, this.#durable, this.#ports.logger, {
      synced: () => this.synced(),
      restored: (opNumber) => this.#restored(opNumber),
      failed,
    });
    this.#parts = { core, commit, executor, leadership, timers, restoration, waiting, internal };
    this.#ports.journal?.record({
      act: "Start",
      args: { r: this.r, incarnation: this.#durable.incarnation },
      post: variablesOf(core.state, this.r, this.replicas),
    });
    this.#ports.network.onMessage((from, raw) => this.receive(from, raw));
    timers.setBeat(this.isPrimary);
    if (!this.isPrimary) timers.setViewChange();
    this.settle();
  }

  /** Stops, and waits for the write and the execution that are under way. The table stays open. */
  stop(): Promise<void> {
    return this.#end(new StoppedError("the replica was stopped"));
  }

  /** All variables of the protocol as plain values, and how far the application is. */
  observe(): Observed & { readonly executedTo: number; readonly incarnation: number } {
    const { core, executor } = this.#running();
    return { ...core.observe(), executedTo: executor.executedTo, incarnation: this.incarnation };
  }

  get opNumber(): number {
    return this.#running().core.state.log.opNumber;
  }

  /** How often this replica has been started. */
  get incarnation(): number {
    return this.#durable.incarnation;
  }

  /** Resolves when the state, as it is now, is on disk. */
  async synced(): Promise<void> {
    const { commit } = this.#running();
    await new Promise<void>((resolve) => {
      commit.afterSync(resolve);
      commit.flush();
    });
  }

  /** Does this replica believe that it leads? See `confirmLeadership`. */
  get isPrimary(): boolean {
    const state = this.#parts?.core.state;
    return this.#stopped === undefined && state?.status === "Normal" && primary(state.viewNumber, this.replicas) === this.r;
  }

  /**
   * Replicates an operation; resolves with its op number when it is executed here. Rejects with a RangeError,
   * NotPrimaryError or NotReadyError (the log is full) if nothing was done, and with a ViewChangedError or StoppedError if
   * the outcome is unknown.
   */
  async submit(operation: Uint8Array): Promise<number> {
    const { core } = this.#running();
    if (operation.length > limits.operationBytes)
      throw new RangeError(`an operation has at most ${limits.operationBytes} bytes, not ${operation.length}`);
    const result = this.take({ act: "ReceiveClientRequest", operation });
    if (!result.ok) {
      if (!this.isPrimary) throw this.notPrimary();
      throw new NotReadyError(`the log holds ${core.state.log.length} ops and takes no more before a checkpoint`);
    }
    const { opNumber } = core.state.log;
    const executed = this.#submissions.executionOf(opNumber);
    this.settle();
    return executed;
  }

  /**
   * Resolves with an op number: what is read from an application that has executed it is as new as anything acknowledged
   * before this call. Rejects with NotPrimaryError, with NotReadyError while ops of an earlier view are not yet committed,
   * with ViewChangedError or StoppedError.
   */
  async confirmLeadership(): Promise<number> {
    const { core, leadership } = this.#running();
    if (!this.isPrimary) throw this.notPrimary();
    const { commitNumber, viewStartOp, committedTo } = core.state;
    if (commitNumber < viewStartOp)
      throw new NotReadyError(`ops ${commitNumber + 1} to ${viewStartOp} of an earlier view are not committed yet`);
    const isAsking = leadership.isAsking && leadership.hasQuestions;
    const confirmed = leadership.confirm();
    confirmed.catch(() => undefined); // It is lost when the round that asks cannot begin, and then that is told.
    if (!isAsking) this.#sendCommit();
    await confirmed;
    return committedTo;
  }

  /** The application can start from a checkpoint of `opNumber` ops: the log drops what is not kept for others. */
  checkpointed(opNumber: number): void {
    const { executor } = this.#running();
    if (opNumber > executor.executedTo) throw new RangeError(`op ${opNumber} is not executed yet`);
    this.take({ act: "TruncateLog", opNumber: Math.max(0, opNumber - (this.#options.retainedOps ?? 1024)) });
    this.settle();
  }

  /** The application cannot execute this committed op: a peer's snapshot is restored in its place, if there is one. */
  needsSnapshot(opNumber: number): void {
    if (this.#stopped !== undefined) return;
    this.take({ act: "RequestSnapshotForOp", opNumber });
    this.settle();
  }

  /** Takes exactly this action, or says which guard refuses it. What it sends leaves after the next sync. */
  take(step: Step): StepResult {
    const parts = this.#running();
    try {
      return this.#take(parts, step);
    } catch (error) {
      this.fail(error);
      throw error;
    }
  }

  #take({ core, commit }: Parts, step: Step): StepResult {
    const { journal } = this.#ports;
    const variables = journal && variablesOf(core.state, this.r, this.replicas);
    const { viewNumber, committedTo } = core.state;
    const before = { led: this.isPrimary ? viewNumber : 0, viewNumber, committedTo };
    const result = core.step(step);
    if (!result.ok) return result;
    const envelopes = result.sent.map((message) => this.#outbox.envelope(message, this.#durable.incarnation));
    if (journal && variables) {
      const recv = "message" in step ? this.#idOf.get(step.message) : undefined;
      journal.record(eventOf(this.r, step, variables, variablesOf(core.state, this.r, this.replicas), recv, envelopes));
    }
    const send = (): void => envelopes.forEach((envelope) => this.#outbox.send(envelope));
    // A heartbeat promises nothing but the view: it is not behind the data, which a disk may take long for.
    if (step.act === "SendCommit" && commit.hasView) send();
    else if (envelopes.length > 0) commit.afterSync(send);
    this.#taken(step, before);
    return result;
  }

  /** A subclass may have another. */
  protected createCore(remembered: Remembered | undefined): ReplicaCore {
    return new ReplicaCore(this.r, this.replicas, remembered);
  }

  /** A message from the network, not yet trusted. */
  protected receive(from: number, raw: unknown): void {
    if (this.#stopped !== undefined || this.#parts === undefined) return;
    let envelope: Envelope;
    try {
      envelope = receivedEnvelope(raw, from, this.r, this.replicas);
      checkJump(envelope.message, this.#parts.core.state.viewNumber);
    } catch (error) {
      this.#ports.logger.log("warn", "messageRefused", { from, reason: reasonOf(error) });
      return;
    }
    this.#whole(() => this.#deliver(envelope));
  }

  #deliver({ id, message }: Envelope): void {
    const { core } = this.#running();
    const amnesia = amnesiaShownBy(core.state, this.r, this.replicas, message);
    if (amnesia !== undefined) throw amnesia;
    // A GetState names the view that it asks for; all others are sent in their sender's view.
    const acknowledged = message.type === "PrepareOk" ? message.opNumber : undefined;
    if (message.type !== "GetState") this.#options.onHeard?.(message.source, message.viewNumber, acknowledged);
    this.#idOf.set(message, id);
    for (const step of core.stepsFor(message)) {
      if (this.#startViews.isTooSoon(step, core.state.viewNumber) || !this.take(step).ok) continue;
      this.#startViews.taken(step, core.state.viewNumber);
      // A heartbeat may say several things at once: what is committed, and that something is missing.
      if (message.type !== "Commit") break;
    }
    core.hold(message);
    this.settle();
  }

  /** An effect that throws has left half a change: nothing may build on it, and nothing of it leaves. */
  #whole(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Takes the enabled internal actions, one at a time, until none is left; then sees to the disk and to the application. */
  protected settle(): void {
    const { internal, commit, executor, restoration } = this.#running();
    internal.takeAll();
    commit.flush();
    executor.advance();
    restoration.ifWanted();
  }

  #running(): Parts {
    if (this.#stopped !== undefined) throw this.#stopped;
    if (this.#parts === undefined) throw new StoppedError("the replica has not been started");
    return this.#parts;
  }

  notPrimary(): NotPrimaryError {
    const { viewNumber } = this.#running().core.state;
    return new NotPrimaryError(viewNumber, primary(viewNumber, this.replicas));
  }

  /** What an action means for the timers and for those who wait. */
  #taken(step: Step, { led, viewNumber, committedTo }: Before): void {
    const { core, leadership, timers } = this.#running();
    if (core.state.viewNumber > viewNumber) timers.viewEntered();
    else if (showsProgress(core.state, step, committedTo)) timers.viewWorks();
    const leads = this.isPrimary ? core.state.viewNumber : 0;
    if (led !== 0 && (leads !== led || step.act === "InstallSnapshot")) {
      // Which ops of the own log are committed was known before the action. It may have brought others in their place.
      const error = new ViewChangedError(`view ${led} has ended`);
      leadership.lost(error);
      this.#submissions.lostAbove(committedTo, error);
    }
    if (leads !== led) {
      this.#ports.logger.log("info", leads === 0 ? "stoppedLeading" : "leads", { viewNumber: leads === 0 ? led : leads });
      if (leads !== 0) {
        timers.clearViewChange();
        this.#atLastBeat = new Map();
        this.#sendCommit();
      }
      timers.setBeat(leads !== 0);
    }
    if (leads === 0 && (led !== 0 || signsOfLife.has(step.act))) timers.setViewChange();
    if (step.act !== "ReceiveCommitOk") return;
    leadership.acknowledge(step.message.source, step.message.nonce);
    if (leadership.hasQuestions && !leadership.isAsking) this.#sendCommit();
  }

  #executed(opNumber: number): void {
    this.#submissions.executed(opNumber);
    this.#options.onExecuted?.(opNumber);
  }

  /** A snapshot of so many ops has taken the application's place; 0: none has. */
  #restored(opNumber: number): void {
    if (this.#stopped !== undefined) return;
    if (!this.take({ act: "InstallSnapshot", opNumber }).ok) this.take({ act: "AbandonSnapshot" });
    if (opNumber > 0) this.#executed(opNumber);
    this.settle();
  }

  #sendCommit(): void {
    const { leadership, commit } = this.#running();
    this.take({ act: "SendCommit", nonce: leadership.nextRound() });
    commit.flush();
  }

  /** A heartbeat, or the repetition of what this replica waits for an answer to. */
  #beat(): void {
    const { core, timers, waiting } = this.#running();
    const { status, peerOpNumber } = core.state;
    if (this.isPrimary) {
      this.#sendCommit();
      for (const dest of peersOf(this.r, this.replicas))
        if (peerOpNumber.get(dest) === this.#atLastBeat.get(dest)) this.take({ act: "RepeatPrepares", dest });
      this.#atLastBeat = new Map(peerOpNumber);
    } else if (status !== "Normal") {
      this.take({ act: status === "ViewChange" ? "RepeatViewChange" : "RepeatGetState" });
      timers.repeated();
    }
    waiting.look(core.state, this.r, this.replicas);
    timers.setBeat(this.isPrimary);
    this.settle();
  }

  /**
   * No primary is heard of. A replica that nobody has joined in its view's change keeps calling for that view, instead of
   * running ahead into views that would only disturb the others when it is heard again.
   */
  #impatient(): void {
    const { core, timers } = this.#running();
    const isAlone = core.state.status === "ViewChange" && !core.state.sentDvc;
    if (isAlone || !this.take({ act: "TimerSendSVC" }).ok) timers.setViewChange();
    this.settle();
  }

  /** Something that this replica cannot do without has failed: it leads and answers no more. */
  fail(error: unknown): void {
    if (this.#stopped !== undefined) return;
    const reason = reasonOf(error);
    const stopped = new StoppedError(`replica ${this.r} has stopped for good: ${reason}`, { cause: error });
    this.#ports.logger.log("error", "failed", { reason });
    void this.#end(stopped);
    this.#options.onFailed?.(stopped);
  }

  async #end(stopped: StoppedError): Promise<void> {
    if (this.#stopped === undefined) {
      this.#stopped = stopped;
      this.#parts?.timers.stop();
      this.#parts?.leadership.lost(stopped);
      this.#submissions.lostAbove(0, stopped);
    }
    await this.#parts?.commit.stop();
    await this.#parts?.executor.stop();
  }
}
