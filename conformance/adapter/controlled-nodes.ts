/**
 * The world around nodes in processes of their own: it carries out one stimulus after the other, and keeps what the nodes
 * send, set, write and answer until the mapping says what becomes of it.
 */
import type { Constants } from "../../specs/language/schema.ts";
import { HarnessError } from "../driver.ts";
import type { Arguments } from "../driver.ts";
import type { ClusterMapping, SentMessage, Stimulus, World } from "./cluster-mapping.ts";
import type { AdapterOptions } from "./connection.ts";
import { ControlledNode } from "./controlled-node.ts";
import type { NodeSetup } from "./controlled-node.ts";
import type { Output } from "./protocol.ts";

const MAX_NODES = 16;
const MAX_SENT = 100_000;
const MAX_IO_IN_A_ROW = 10_000;

type Pending = { -readonly [K in keyof SentMessage]: SentMessage[K] };
/** What a stimulus has led to: the actions that were reported, or why there was none. */
export type Reaction = { readonly acts: readonly string[] } | { readonly refused: string };

export class ControlledNodes implements World {
  readonly sent: Pending[] = [];
  readonly taken: { readonly action: string; readonly args: Arguments }[] = [];
  readonly replies = new Map<string, unknown>();
  constants: Constants = {};
  private nodes = new Map<string, ControlledNode>();
  private setup: NodeSetup | undefined;

  constructor(
    private readonly mapping: ClusterMapping,
    private readonly command: string,
    private readonly options: AdapterOptions,
  ) {}

  get pids(): readonly number[] {
    return [...this.nodes.values()].flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
  }
  node(name: string): ControlledNode {
    const node = this.nodes.get(name);
    if (node === undefined)
      throw new HarnessError(`the mapping names the node ${name}; the nodes are ${[...this.nodes.keys()].join(", ")}`);
    return node;
  }

  /** Everything afresh; processes that run are used again. */
  async start(setup: Omit<NodeSetup, "peers">): Promise<void> {
    this.constants = setup.constants;
    this.sent.length = 0;
    this.taken.length = 0;
    this.replies.clear();
    const peers = this.mapping.nodes(setup.constants);
    if (peers.length > MAX_NODES)
      throw new HarnessError(`the mapping has ${String(peers.length)} nodes, at most ${String(MAX_NODES)} are run`);
    this.setup = { ...setup, peers };
    await Promise.all([...this.nodes.values()].filter(({ name }) => !peers.includes(name)).map((n) => n.close()));
    this.nodes = new Map(peers.map((name) => [name, this.nodes.get(name) ?? new ControlledNode(name, this.command, this.options)]));
    for (const node of this.nodes.values()) node.spawn();
    const acts: string[] = [];
    for (const node of this.nodes.values()) this.take(node, await node.reset(this.setup), acts);
    await this.rest(acts);
    if (acts.length > 0) throw new HarnessError(`a node reports ${acts.join(", ")} when it starts for the first time`);
  }

  /** A stimulus that leads to no action leaves its message on the network and its timer set. */
  async carryOut(stimulus: Stimulus): Promise<Reaction> {
    const node = this.node(stimulus.node);
    const acts: string[] = [];
    if (stimulus.kind === "crash") {
      if (!node.up) return { refused: `node ${node.name} is down` };
      await node.crash(stimulus.persisted ?? 0);
    } else if (stimulus.kind === "restart") {
      if (node.up) return { refused: `node ${node.name} is up` };
      if (this.setup !== undefined) this.take(node, await node.start(this.setup), acts);
    } else {
      if (!node.up) return { refused: `node ${node.name} is down` };
      const refused = await this.move(node, stimulus, acts);
      if (refused !== undefined) return { refused };
    }
    await this.rest(acts);
    if (acts.length === 0) this.giveBack(node, stimulus);
    return { acts };
  }
  private giveBack(node: ControlledNode, stimulus: Stimulus): void {
    if (stimulus.kind === "fire") node.timers.add(stimulus.timer);
    const sent = stimulus.kind === "deliver" ? this.sent[stimulus.id - 1] : undefined;
    if (sent !== undefined) sent.pending = true;
  }

  private async move(
    node: ControlledNode,
    stimulus: Exclude<Stimulus, { kind: "crash" | "restart" }>,
    acts: string[],
  ): Promise<string | undefined> {
    switch (stimulus.kind) {
      case "deliver": {
        const sent = this.sent[stimulus.id - 1];
        if (sent?.pending !== true) return "no such message is on its way";
        const { from, message } = sent;
        return this.ask(
          node,
          acts,
          () => node.react("deliver", { from, message }),
          () => (sent.pending = stimulus.keep === true),
        );
      }
      case "fire": {
        const { timer } = stimulus;
        if (!node.timers.has(timer)) return `node ${node.name} has not set the timer ${timer}`;
        return this.ask(
          node,
          acts,
          () => node.react("fire", { timer }),
          () => void node.timers.delete(timer),
        );
      }
      case "client": {
        const { opId, op } = stimulus;
        return this.ask(
          node,
          acts,
          () => node.react("client", { opId, op }),
          () => undefined,
        );
      }
      case "diskDone": {
        const { ioId, failed = false } = stimulus;
        if (!node.io.some((io) => io.ioId === ioId)) return `node ${node.name} has no operation ${String(ioId)} on its disk`;
        return this.ask(
          node,
          acts,
          () => node.react("disk_done", { ioId, result: failed ? "failed" : "ok" }),
          () => void node.endIo(ioId, failed),
        );
      }
    }
  }

  /** `used` takes what the stimulus used up out of the world, unless the node refuses it. */
  private async ask(
    node: ControlledNode,
    acts: string[],
    request: () => ReturnType<ControlledNode["react"]>,
    used: () => void,
  ): Promise<string | undefined> {
    const reply = await request();
    if (reply.type === "refused") return reply.guard;
    used();
    this.take(node, reply.out, acts);
    return undefined;
  }

  /** Ends what the nodes have given to their disks, where the spec has none. */
  private async rest(acts: string[]): Promise<void> {
    if (this.mapping.disk === "stepwise") return;
    for (const node of this.nodes.values())
      for (let count = 0, io = node.io[0]; io !== undefined && node.up; io = node.io[0]) {
        if (++count > MAX_IO_IN_A_ROW) throw node.fault(`writes without end: more than ${String(MAX_IO_IN_A_ROW)} operations in a row`);
        const refused = await this.move(node, { kind: "diskDone", node: node.name, ioId: io.ioId }, acts);
        if (refused !== undefined) throw node.fault(`refuses the end of an operation on its disk: ${refused}`);
      }
  }

  private take(node: ControlledNode, out: readonly Output[], acts: string[]): void {
    for (const output of out)
      switch (output.type) {
        case "event":
          node.reports(output.act);
          acts.push(output.act);
          break;
        case "send":
          this.send(node, output.to, output.message);
          break;
        case "reply":
          this.replies.set(output.opId, output.result);
          break;
        default:
          node.own(output);
      }
  }
  private send(node: ControlledNode, to: string, message: unknown): void {
    if (to !== "any" && !this.nodes.has(to)) throw node.fault(`sends to ${to}; its peers are ${[...this.nodes.keys()].join(", ")}, or any`);
    if (this.sent.length >= MAX_SENT) throw node.fault(`sends too much: the cluster has sent ${String(MAX_SENT)} messages`);
    this.sent.push({ id: this.sent.length + 1, from: node.name, to, message, pending: to !== node.name });
  }

  /** What each node that is up shows of itself. */
  async states(): Promise<ReadonlyMap<string, Readonly<Record<string, unknown>>>> {
    const states = new Map<string, Readonly<Record<string, unknown>>>();
    for (const node of this.nodes.values()) if (node.up) states.set(node.name, await node.observe());
    return states;
  }
  async close(): Promise<void> {
    const { nodes } = this;
    this.nodes = new Map();
    await Promise.all([...nodes.values()].map((n) => n.close()));
  }
}
