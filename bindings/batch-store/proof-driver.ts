/**
 * `proof.ts` on the engine: a store for each honest node, and one for the byzantine one, which is the author of the batch. It
 * never crashes, and its own signature is the one that it gives for nothing; whoever fetches gets no answer from it.
 *
 * Store is a persist up to the page cache. A start that finds the row signs when the author asks again, which Sign does then.
 * A node fetches from signers only; with one byzantine node of four, who lacks the batch finds no others. The first sync of a
 * start makes durable what the page cache holds: process crashes are conformed to where no row is in the page cache.
 */
import type { BatchMessage } from "../../engine/batch-store/messages.ts";
import type { ProofOfStore } from "../../engine/batch-store/proof.ts";
import { ControlledNetwork } from "../../engine/wiring/controlled/network.ts";
import type { MessageInFlight } from "../../engine/wiring/controlled/network.ts";
import { names } from "../../specs/language/index.ts";
import type { Arguments, Driver, Observation, Setup, StepResult } from "../../conformance/driver.ts";
import { HarnessError } from "../../conformance/driver.ts";
import { Replica, rowKeyOf } from "./replica.ts";
import { ok, refused } from "./store-process.ts";
import type { Patch, StoreProcess } from "./store-process.ts";
import { numberIn, textOf } from "./words.ts";

const expiry = 1;
/** The replica's number is that in the node's name. */
const numberOf = (node: string): number => Number(node.slice(1));
const typeOf = ({ message }: MessageInFlight): string => (message as BatchMessage).type; // only batch stores are on this network

export class ProofDriver implements Driver {
  private network = new ControlledNetwork();
  private replicas = new Map<string, Replica>();
  private author = new Replica({ patch: {}, held: [], seed: 0 });
  private nodes: readonly string[] = [];
  private digest = "";
  private proof: ProofOfStore | undefined;
  private readonly signers = new Set<string>();
  /** Processes that the author has asked for a signature. */
  private asked = new WeakSet<StoreProcess>();
  private crashes = { early: true, overlapping: true, process: 0, machine: 0 };

  constructor(
    readonly name: string,
    private readonly patch: Patch,
  ) {}

  async init({ constants, seed }: Setup): Promise<void> {
    if (numberIn(constants, "byzantine") !== 1)
      throw new HarnessError("the author is the byzantine node: there has to be one, and only one");
    const size = numberIn(constants, "nodes");
    this.nodes = names("n", size - 1);
    this.crashes = {
      early: numberIn(constants, "early") === 1,
      overlapping: numberIn(constants, "overlapping") === 1,
      process: numberIn(constants, "processCrashes"),
      machine: numberIn(constants, "machineCrashes"),
    };
    this.network = new ControlledNetwork();
    this.proof = undefined;
    this.signers.clear();
    this.asked = new WeakSet();
    const config = { quorum: 2 * numberIn(constants, "faulty") + 1 };
    const make = (number: number, held: readonly string[], patch: Patch): Replica => {
      const port = this.network.attach(number);
      return new Replica({
        member: { number, size },
        patch,
        held,
        seed: seed + number,
        config,
        holdsSync: (keys) => number !== size && keys.some((key) => key.startsWith("batch/")),
        onSend: (to, message) => port.send(to, message),
      });
    };
    this.replicas = new Map(this.nodes.map((n) => [n, make(numberOf(n), ["Send"], this.patch)]));
    this.author = make(size, ["FormProof"], {});
    await Promise.all([this.author, ...this.replicas.values()].map((r) => r.start()));
    await this.submit();
  }

  private async submit(): Promise<void> {
    const { running } = this.author;
    running.open.submit([new TextEncoder().encode("a batch")], { expiry }).then(
      (proof) => (this.proof = proof),
      () => undefined,
    );
    await running.settle();
    const [submission] = running.open.observe().submissions;
    if (submission === undefined) throw new HarnessError("the author has not submitted its batch");
    this.digest = submission.digest;
  }

  private replica(n: string): Replica {
    const replica = this.replicas.get(n);
    if (replica === undefined) throw new HarnessError(`there is no node ${n}`);
    return replica;
  }

  step(action: string, args: Arguments): StepResult | Promise<StepResult> {
    if (action === "FormProof") return this.author.running.pass("FormProof");
    const n = textOf(args, "n");
    const replica = this.replica(n);
    switch (action) {
      case "WriteBack":
        return this.writeBack(replica);
      case "Restart":
        return this.restart(replica);
      case "ProcessCrash":
      case "MachineCrash":
        return this.crash(n, action === "ProcessCrash" ? "P" : "M");
    }
    if (!replica.isUp) return refused(`${n} is down`);
    switch (action) {
      case "Store":
        return this.store(n, replica.running);
      case "Sign":
        return this.sign(n, replica.running);
      case "Refetch":
        return this.refetch(n, textOf(args, "from"));
      default:
        throw new HarnessError(`the driver of proof knows no action ${action}`);
    }
  }

  private isCached(n: string): boolean {
    return Object.hasOwn(this.replica(n).process?.open.observe().cache ?? {}, this.digest);
  }

  /** The author's batch, which the network may bring again. */
  private async ask(n: string, process: StoreProcess): Promise<void> {
    const message = this.network.messages().find((m) => m.to === numberOf(n) && typeOf(m) === "BatchMsg");
    if (message === undefined) throw new HarnessError(`the author has sent nothing to ${n}`);
    this.asked.add(process);
    process.receive("the author's", message.from, message.message as BatchMessage); // as `typeOf` says
    await process.settle();
  }

  private async store(n: string, process: StoreProcess): Promise<StepResult> {
    if (this.isCached(n)) return refused(`${n} has stored the batch`);
    if (this.signers.has(n)) return refused(`the author has the signature of ${n}, and sends it the batch no more`);
    await this.ask(n, process);
    return ok;
  }

  private async sign(n: string, process: StoreProcess): Promise<StepResult> {
    if (!this.isCached(n)) return refused(`${n} has not stored the batch`);
    if (this.signers.has(n)) return refused(`the author has the signature of ${n}`);
    if (!this.asked.has(process)) await this.ask(n, process);
    const sent = await process.pass("Send");
    if (sent.kind !== "ok") return sent;
    const signature = this.network.messages().find((m) => m.from === numberOf(n) && typeOf(m) === "BatchSigned");
    if (signature === undefined) throw new HarnessError(`${n} has sent no signature`);
    this.signers.add(n);
    this.network.drop(signature.id);
    const { running } = this.author;
    running.receive("a signature", signature.from, signature.message as BatchMessage); // as `typeOf` says
    await running.settle();
    return ok;
  }

  private async writeBack({ table, process }: Replica): Promise<StepResult> {
    if (table.place(rowKeyOf(this.digest)) !== "page cache") return refused("the page cache has nothing to write back");
    if (table.hasHeldSync) table.completeSync();
    else table.writeBack(rowKeyOf(this.digest));
    await process?.settle();
    return ok;
  }

  private async restart(replica: Replica): Promise<StepResult> {
    if (replica.isUp) return refused("the node is up");
    await replica.start();
    return ok;
  }

  private crash(n: string, kind: "P" | "M"): StepResult {
    const { early, overlapping, process, machine } = this.crashes;
    const replica = this.replica(n);
    if (kind === "P" && !replica.isUp) return refused(`${n} is down`);
    if ((kind === "P" ? process : machine) === 0) return refused("no crash is left");
    if (!early && this.proof === undefined) return refused("crashes come after the proof");
    if (!overlapping && this.nodes.some((m) => m !== n && !this.replica(m).isUp)) return refused("another node is down");
    this.crashes = { ...this.crashes, ...(kind === "P" ? { process: process - 1 } : { machine: machine - 1 }) };
    replica.crash(kind);
    return ok;
  }

  /** The node asks one signer after the other; all but `from` are silent. What comes to nothing is aborted. */
  private async refetch(n: string, from: string): Promise<StepResult> {
    const { running } = this.replica(n);
    if (this.proof === undefined) return refused("there is no proof");
    if (this.isCached(n)) return refused(`${n} has the batch`);
    const abort = new AbortController();
    running.open.fetch(this.digest, this.proof, { signal: abort.signal }).catch(() => undefined);
    await running.settle();
    const request = await this.requestTo(from, n, running);
    if (request !== undefined) await this.answer(request, from, running);
    this.dropAll(n);
    if (this.isCached(n)) return ok;
    abort.abort();
    await running.settle();
    if (running.clock.timers().some(({ name }) => name === "batch request")) running.clock.fire("batch request");
    await running.settle();
    return refused(request === undefined ? `${n} does not ask ${from}` : `${from} does not serve the batch`);
  }

  private async requestTo(from: string, n: string, running: StoreProcess): Promise<MessageInFlight | undefined> {
    for (let round = 0; round <= this.nodes.length; round++) {
      const requests = this.network.messages().filter((m) => m.from === numberOf(n) && typeOf(m) === "BatchRequest");
      const meant = requests.find(({ to }) => to === numberOf(from));
      if (meant !== undefined) return meant;
      for (const { id } of requests) this.network.drop(id);
      if (!running.clock.timers().some(({ name }) => name === "batch request")) return undefined;
      running.clock.fire("batch request");
      await running.settle();
    }
    return undefined;
  }

  private async answer(request: MessageInFlight, from: string, running: StoreProcess): Promise<void> {
    const { process } = this.replica(from);
    if (process === undefined) return;
    process.receive("a request", request.from, request.message as BatchMessage); // as `typeOf` says
    await process.settle();
    const response = this.network.messages().find((m) => m.from === numberOf(from) && typeOf(m) === "BatchResponse");
    if (response === undefined) return;
    this.network.drop(response.id);
    running.receive("a response", response.from, response.message as BatchMessage);
    await running.settle();
  }

  private dropAll(n: string): void {
    for (const m of this.network.messages()) if (m.from === numberOf(n) && typeOf(m) === "BatchRequest") this.network.drop(m.id);
  }

  observe(): Observation {
    const node = Object.fromEntries(
      this.nodes.map((n) => {
        const { isUp, table } = this.replica(n);
        const row = table.place(rowKeyOf(this.digest));
        return [n, { life: isUp ? "up" : "down", isCached: this.isCached(n), row, hasSigned: this.signers.has(n) }];
      }),
    );
    const { process, machine } = this.crashes;
    return {
      state: { node, hasProof: this.proof !== undefined, processCrashesLeft: process, machineCrashesLeft: machine },
      unobserved: [],
    };
  }

  close(): void {
    for (const replica of [this.author, ...this.replicas.values()]) replica.crash("P");
  }
}
