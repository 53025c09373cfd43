/**
 * Viewstamped Replication: the production `Replica` objects of a group, driven by actions of the spec.
 *
 * An action with a message is its delivery from the bag; TimerSendSVC is the timer; SendDVC, SendSV and ExecuteOp are
 * internal actions that wait at their step; ReceiveClientRequest is a client's `submit`. Which guard refuses is asked of
 * the engine before anything is delivered, since a delivery that is refused would still be used up.
 *
 * Beyond the spec, and never seen here: the engine's heartbeats and their answers are lost on the way, the beat of the
 * timers (repetitions) never fires. Two policies of the engine are stricter than the spec, which allows any schedule:
 * - a replica that is alone in a view's change does not go on to the next view when its timer fires; the driver then takes
 *   TimerSendSVC itself.
 * - a GetState goes to one peer of the engine's choice; the network here may hand it to another, as `dest: "any"` says.
 *
 * The bounds of the model belong to the world: the driver's clients request each value once, its clocks fire
 * `startViewOnTimerLimit` times, and its scheduler pauses replicas.
 */
import { integerConstant } from "../../specs/language/constants.ts";
import type { Step } from "../../engine/replication/actions.ts";
import { canonicalText } from "../../specs/language/collections.ts";
import { HarnessError } from "../../conformance/driver.ts";
import type { Arguments, Driver, Observation, Setup, StepResult } from "../../conformance/driver.ts";
import { ControlledCluster, production } from "./controlled-cluster.ts";
import type { Build, Member } from "./controlled-cluster.ts";
import { NetworkHistory } from "./network-history.ts";
import { messageIn, operationOf, valueIn } from "./spec-values.ts";

const internal = ["SendDVC", "SendSV", "ExecuteOp"] as const;
const ofMessage = [
  ...(["ReceiveHigherSVC", "ReceiveMatchingSVC", "ReceiveHigherDVC", "ReceiveMatchingDVC", "ReceiveSV"] as const),
  ...(["ReceivePrepareMsg", "ReceivePrepareOkMsg", "SendGetState", "ReceiveGetState", "ReceiveNewState"] as const),
];
const ok: StepResult = { kind: "ok" };
const refused = (guard: string): StepResult => ({ kind: "refused", guard });
const nameIn = <T extends string>(names: readonly T[], action: string): T | undefined => names.find((name) => name === action);

/** What the world does: the clients, the clocks' budget and the scheduler. */
class World {
  /** Value -> was its client answered? */
  readonly requests = new Map<string, boolean>();
  /** Replica and value -> the submission has resolved. */
  readonly submissions = new Map<string, boolean>();
  timersFired = 0;
  pauses = 0;
  paused: readonly number[] = [];

  constructor(
    readonly timerLimit: number,
    readonly pauseLimit: number,
  ) {}
}

export class ReplicationDriver implements Driver {
  private cluster: ControlledCluster | undefined;
  private history = new NetworkHistory();
  private world = new World(0, 0);

  constructor(
    readonly name: string,
    private readonly build: Build = production,
  ) {}

  async init({ constants, seed }: Setup): Promise<void> {
    await this.close();
    const integer = (name: string, otherwise: number): number => integerConstant(constants, name, otherwise);
    this.cluster = new ControlledCluster(integer("replicas", 3), seed, this.build);
    this.history = new NetworkHistory();
    this.world = new World(integer("startViewOnTimerLimit", 0), integer("noProgressChangeLimit", 0));
    await this.cluster.start();
  }

  async step(action: string, args: Arguments): Promise<StepResult> {
    const cluster = this.running();
    if (action === "NoProgressChange") return this.pause(args["paused"]);
    const member = cluster.members.find(({ r }) => r === args["r"]);
    if (member === undefined) throw new HarnessError(`${action} names no replica: ${canonicalText(args["r"])}`);
    if (this.world.paused.includes(member.r)) return refused("the replica is paused");
    const stopped = cluster.stopped.get(member.r);
    if (stopped !== undefined) return refused(stopped);
    const result = await this.take(member, action, args);
    if (result.kind === "ok") {
      await cluster.settle();
      this.history.record(cluster);
      if (action === "SendDVC") this.history.recordOwn(member);
      if (action === "ExecuteOp") this.answer(member);
    }
    return result;
  }

  private async take(member: Member, action: string, args: Arguments): Promise<StepResult> {
    if (action === "TimerSendSVC") return this.fireTimer(member);
    if (action === "ReceiveClientRequest") return this.request(member, String(args["v"]));
    const alone = nameIn(internal, action);
    if (alone !== undefined) return this.goOn(member, { act: alone });
    const receipt = nameIn(ofMessage, action);
    if (receipt === undefined) throw new HarnessError(`the engine has no action ${action}`);
    return this.deliver(member, receipt, canonicalText(args["m"]));
  }

  /** Runs `work`, and sees to it that exactly the wanted action was taken. A text that `work` returns is why it was refused after all. */
  private async expecting({ journal, replica }: Member, step: Step, work: () => unknown): Promise<StepResult> {
    const guard = replica.refusal(step);
    if (guard !== undefined) return refused(guard);
    const before = journal.events.length;
    const refusal = await work();
    if (typeof refusal === "string") return refused(refusal);
    const acts = journal.events.slice(before).map(({ act }) => act);
    const [taken, ...others] = acts.filter((act) => act !== "SendCommit");
    if (taken === step.act && others.length === 0) return ok;
    throw new HarnessError(`the engine was to take ${step.act}, and took ${acts.join(", ") || "nothing"}`);
  }

  private async fireTimer(member: Member): Promise<StepResult> {
    if (this.world.timersFired >= this.world.timerLimit) return refused("no timer fires any more");
    const { clock, journal, replica } = member;
    const step: Step = { act: "TimerSendSVC" };
    const result = await this.expecting(member, step, () => {
      const before = journal.events.length;
      clock.fire("viewChange");
      if (journal.events.length === before) replica.takeAlone(step);
    });
    if (result.kind === "ok") this.world.timersFired++;
    return result;
  }

  private async request(member: Member, value: string): Promise<StepResult> {
    const { requests, submissions } = this.world;
    if (requests.has(value)) return refused("the client has requested this value");
    const operation = operationOf(value);
    const key = `${member.r} ${value}`;
    const result = await this.expecting(member, { act: "ReceiveClientRequest", operation }, () => {
      submissions.set(key, false);
      member.replica.submit(operation).then(
        () => void submissions.set(key, true),
        // The view has ended: the outcome is not known to the client, who asks the next primary.
        () => void submissions.delete(key),
      );
    });
    if (result.kind === "ok") requests.set(value, false);
    return result;
  }

  private goOn(member: Member, step: Step): Promise<StepResult> {
    const { steps, replica } = member;
    return this.expecting(member, step, async () => {
      const waiting = steps.waiting().find((w) => w.step === step.act);
      if (waiting === undefined) replica.takeAlone(step);
      else steps.release(waiting.id);
      await this.running().settle();
    });
  }

  private async deliver(member: Member, act: (typeof ofMessage)[number], text: string): Promise<StepResult> {
    const { network, members } = this.running();
    const found = this.history.find(network, member.r, text);
    if (found === undefined) return refused("no such message is on its way");
    const { logger, r, replica } = member;
    // The driver pairs actions and messages as the spec does; a pair that does not fit is refused by the engine's guards.
    const step = { act, message: messageIn(found.message) } as unknown as Step;
    const guard = replica.refusal(step);
    if (guard !== undefined) return refused(guard);
    const lines = logger.lines.length;
    // The spec does not use the Prepare up.
    const id = act === "SendGetState" ? network.duplicate(found.id) : found.id;
    return this.expecting(member, step, () => {
      if (found.to === r) network.deliver(id);
      else {
        network.drop(id);
        members[found.from - 1]?.port.send(r, found.message);
        network.deliver(network.messages().at(-1)?.id ?? id);
      }
      const line = logger.lines.slice(lines).find(({ event }) => event === "messageRefused");
      return line && String(line.fields["reason"]);
    });
  }

  private pause(paused: unknown): StepResult {
    const { world } = this;
    if (world.pauses >= world.pauseLimit) return refused("the scheduler pauses no more replicas");
    world.paused = Array.isArray(paused) ? paused.map(Number) : [];
    world.pauses++;
    return ok;
  }

  /**
   * A client is answered when its submission resolves. One whose view has ended asks the primary that executes the op,
   * which the spec counts as its answer.
   */
  private answer({ r, replica, application }: Member): void {
    const { commitNumber, executedTo, log } = replica.observe();
    const operation = log[commitNumber - 1];
    if (operation === undefined) return;
    const value = valueIn(operation);
    const submitted = this.world.submissions.get(`${r} ${value}`);
    const executed = executedTo >= commitNumber && application.executed[commitNumber - 1] === value;
    if (submitted ?? executed) this.world.requests.set(value, true);
  }

  observe(): Observation {
    const cluster = this.running();
    const { members } = cluster;
    const { requests, timersFired, pauses, paused } = this.world;
    const observed = members.map(({ replica }) => replica.observe());
    const replicas = observed.map((variables, i) => {
      const { status, log, viewNumber, opNumber, commitNumber, lastNormalView, sentDvc, sentSv, peerOpNumber } = variables;
      const peers = Object.fromEntries(members.map((peer) => [peer.r, peerOpNumber[peer.r] ?? 0]));
      const values = { log: log.map(valueIn), peerOpNumber: peers };
      return [i + 1, { status, viewNumber, opNumber, commitNumber, lastNormalView, sentDvc, sentSv, ...values }] as const;
    });
    return {
      state: {
        replicas: Object.fromEntries(replicas),
        messages: this.history.observe(cluster, observed),
        noProgress: Object.fromEntries(members.map(({ r }) => [r, paused.includes(r)])),
        noProgressCtr: pauses,
        auxSvc: timersFired,
        auxClientAcked: Object.fromEntries(requests),
      },
      unobserved: [],
    };
  }

  async close(): Promise<void> {
    const { cluster } = this;
    this.cluster = undefined;
    await cluster?.stop();
  }

  private running(): ControlledCluster {
    if (this.cluster === undefined) throw new HarnessError("the engine is not started");
    return this.cluster;
  }
}
