/**
 * A cluster of processes in another language, one for each node, as a driver. A node does not know that it is asked for an
 * action of the spec: something happens to it, and it reports what it did. When that was another action, the step counts
 * as refused, and the cluster is brought back to where it was: all nodes start afresh, and the same things happen again.
 */
import { messageOf } from "../../specs/language/errors.ts";
import type { SpecInstance } from "../../specs/language/instantiate.ts";
import type { Spec } from "../../specs/language/system.ts";
import { HarnessError } from "../driver.ts";
import type { Arguments, Driver, Observation, Setup, StepResult } from "../driver.ts";
import type { ClusterMapping, Stimulus } from "./cluster-mapping.ts";
import type { AdapterOptions } from "./connection.ts";
import { ControlledNodes } from "./controlled-nodes.ts";
import { fromPlain } from "./plain-values.ts";
import { instanceStartedIn, stateRead } from "./started-instance.ts";

const refused = (guard: string): StepResult => ({ kind: "refused", guard });

export class NodesDriver implements Driver {
  readonly name = "adapter";
  private readonly nodes: ControlledNodes;
  private setup: Setup | undefined;
  private instance: SpecInstance | undefined;
  /** The nodes are no longer where the actions that were taken lead to. */
  private astray = false;

  /** `command` is a line for the shell; it is run once for every node, and again after each crash. */
  constructor(
    private readonly spec: Spec,
    command: string,
    private readonly mapping: ClusterMapping,
    options: AdapterOptions = {},
  ) {
    this.nodes = new ControlledNodes(mapping, command, options);
  }

  get pids(): readonly number[] {
    return this.nodes.pids;
  }

  async init(setup: Setup): Promise<void> {
    this.instance = instanceStartedIn(this.spec, setup);
    this.setup = setup;
    await this.start();
  }
  private async start(): Promise<void> {
    const { setup, instance } = this;
    if (setup === undefined || instance === undefined) throw new HarnessError("the adapter is not started");
    this.astray = false;
    const { constants, design } = instance;
    await this.nodes.start({ model: setup.model, constants, design, seed: setup.seed });
  }

  async step(action: string, args: Arguments): Promise<StepResult> {
    await this.findBack();
    const stimuli = this.asked(() => this.mapping.stimuli(action, args, this.nodes));
    if (typeof stimuli === "string") return refused(stimuli);
    const acts: string[] = [];
    for (const [i, stimulus] of stimuli.entries()) {
      const reaction = await this.nodes.carryOut(stimulus);
      if ("refused" in reaction) {
        this.astray = i > 0;
        return refused(reaction.refused);
      }
      acts.push(...reaction.acts);
    }
    return this.judged(action, args, stimuli, acts);
  }

  private judged(action: string, args: Arguments, stimuli: readonly Stimulus[], acts: readonly string[]): StepResult {
    const [act, ...others] = acts;
    if (others.length > 0)
      throw new HarnessError(
        `for ${action} a node reports ${acts.join(", ")}: what is an action of its own in the spec must wait, for a timer or for its disk`,
      );
    const isMoved = stimuli.some(({ kind }) => kind !== "crash" && kind !== "restart");
    if (act === action || (act === undefined && !isMoved)) {
      this.nodes.taken.push({ action, args });
      return { kind: "ok" };
    }
    // What the node sent without an action stays, for the comparison to find; the end of an operation is not taken back.
    this.astray = act !== undefined || stimuli.length > 1 || stimuli[0]?.kind === "diskDone";
    return refused(act === undefined ? "the node reports no action" : `the node takes ${act} instead`);
  }

  private async findBack(): Promise<void> {
    if (!this.astray) return;
    const path = [...this.nodes.taken];
    await this.start();
    for (const { action, args } of path) {
      const again = await this.step(action, args);
      if (again.kind === "refused")
        throw new HarnessError(`the nodes are not deterministic: a second time ${action} is refused: ${again.guard}`);
    }
  }

  async observe(): Promise<Observation> {
    await this.findBack();
    const states = await this.nodes.states();
    const state = this.asked(() => this.mapping.state(this.nodes, states));
    return { state: stateRead(this.instance, state, "the mapping's state", fromPlain), unobserved: this.mapping.unobserved ?? [] };
  }

  /** The mapping is the user's: what it throws is no verdict. */
  private asked<T>(question: () => T): T {
    try {
      return question();
    } catch (error) {
      if (error instanceof HarnessError) throw error;
      throw new HarnessError(`the mapping fails: ${messageOf(error)}`, [], { cause: error });
    }
  }

  async close(): Promise<void> {
    await this.nodes.close();
  }
}
