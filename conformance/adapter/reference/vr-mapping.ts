/**
 * What the actions of Viewstamped Replication are to the replicas of `vr_node.py`: a receipt is a delivery, TimerSendSVC
 * the timer of the view change; SendDVC, SendSV and ExecuteOp are timers without a delay, which the node sets when it has
 * such a thing to do; a request is a client's operation. The spec has no crash: a replica that is paused is killed
 * and started again with what is on its disk, which must change nothing.
 */
import { integerConstant } from "../../../specs/language/constants.ts";
import { canonicalText } from "../../../specs/language/collections.ts";
import type { Arguments } from "../../driver.ts";
import type { ClusterMapping, SentMessage, Stimulus, World } from "../cluster-mapping.ts";

const timers: Readonly<Record<string, string>> = {
  TimerSendSVC: "viewChange",
  SendDVC: "sendDoViewChange",
  SendSV: "sendStartView",
  ExecuteOp: "execute",
};
const nodeOf = (r: unknown): string => `r${String(r)}`;
const replicaOf = (node: string): number => Number(node.slice(1));

/** The message as the spec has it: the network knows who sent it, and to whom. */
const specMessage = ({ from, to, message }: SentMessage): Readonly<Record<string, unknown>> => ({
  ...(message as object), // fields are compared with the spec's, and a message without any has none
  dest: to === "any" ? to : replicaOf(to),
  source: replicaOf(from),
});
const times = (action: string, { taken }: World): number => taken.filter((t) => t.action === action).length;
const pausedIn = (args: Arguments | undefined): readonly unknown[] => (Array.isArray(args?.["paused"]) ? args["paused"] : []);
const paused = ({ taken }: World): readonly unknown[] => pausedIn(taken.findLast(({ action }) => action === "NoProgressChange")?.args);
const limit = (world: World, name: string): number => integerConstant(world.constants, name, 0);

const delivery = (node: string, action: string, message: unknown, { sent }: World): readonly Stimulus[] | string => {
  const text = canonicalText(message);
  const found = sent.find(
    (s) => s.pending && (s.to === node || (s.to === "any" && s.from !== node)) && canonicalText(specMessage(s)) === text,
  );
  if (found === undefined) return "no such message is on its way";
  // The spec does not use the Prepare up.
  return [{ kind: "deliver", node, id: found.id, keep: action === "SendGetState" }];
};

const pause = (args: Arguments, world: World): readonly Stimulus[] | string => {
  if (times("NoProgressChange", world) >= limit(world, "noProgressChangeLimit")) return "the scheduler pauses no more replicas";
  return pausedIn(args).flatMap((r): readonly Stimulus[] => [
    { kind: "crash", node: nodeOf(r) },
    { kind: "restart", node: nodeOf(r) },
  ]);
};

const mapping: ClusterMapping = {
  nodes: (constants) => Array.from({ length: integerConstant(constants, "replicas", 3) }, (_, i) => nodeOf(i + 1)),
  disk: "at once",
  stimuli(action, args, world) {
    if (action === "NoProgressChange") return pause(args, world);
    const node = nodeOf(args["r"]);
    if (paused(world).includes(args["r"])) return "the replica is paused";
    if (action === "TimerSendSVC" && times(action, world) >= limit(world, "startViewOnTimerLimit")) return "no timer fires any more";
    const timer = timers[action];
    if (timer !== undefined) return [{ kind: "fire", node, timer }];
    if (action !== "ReceiveClientRequest") return delivery(node, action, args["m"], world);
    const v = String(args["v"]);
    if (world.taken.some((t) => t.action === action && t.args["v"] === v)) return "the client has requested this value";
    return [{ kind: "client", node, opId: v, op: v }];
  },
  state(world, states) {
    const messages = new Map<string, [unknown, number]>();
    for (const sent of world.sent) {
      const message = specMessage(sent);
      const entry = messages.get(canonicalText(message)) ?? [message, 0];
      messages.set(canonicalText(message), [message, entry[1] + (sent.pending ? 1 : 0)]);
    }
    const requested = world.taken.filter(({ action }) => action === "ReceiveClientRequest").map(({ args }) => String(args["v"]));
    return {
      replicas: Object.fromEntries([...states].map(([node, state]) => [replicaOf(node), state])),
      messages: [...messages.values()],
      noProgress: Object.fromEntries([...states.keys()].map((node) => [replicaOf(node), paused(world).includes(replicaOf(node))])),
      noProgressCtr: times("NoProgressChange", world),
      auxSvc: times("TimerSendSVC", world),
      auxClientAcked: Object.fromEntries(requested.map((v) => [v, world.replies.has(v)])),
    };
  },
};
export default mapping;
