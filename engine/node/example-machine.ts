/** For tests: what a replica executes, without replication: a state machine and its store, given one batch after the other. */
import { ProofOfStore } from "../batch-store/proof.ts";
import { encode, validated } from "../codec.ts";
import { open, ports } from "../transactional-store/example-store.ts";
import type { TransactionalStore } from "../transactional-store/transactional-store.ts";
import { ControlledDisk } from "../wiring/controlled/disk.ts";
import { settle } from "../wiring/controlled/settle.ts";
import { StateMachine } from "./state-machine.ts";
import type { BatchResult } from "./state-machine.ts";

const digest = "0".repeat(64);
const batchId = { nonce: "0".repeat(16), number: 0 };
/** The bytes of an op whose batch is the one that is executed next. */
const operation = encode({ digest, author: 1, batchId, expiry: Number.MAX_SAFE_INTEGER, epoch: 1, signatures: [] });

export class ExampleMachine {
  private opNumber: number;

  private constructor(
    private readonly of: ReturnType<typeof ports>,
    readonly store: TransactionalStore,
    private readonly machine: StateMachine,
    /** Of the batch that is fetched next. */
    private readonly transactions: Uint8Array[],
  ) {
    this.opNumber = machine.executedTo();
  }

  static async started(disk = new ControlledDisk()): Promise<ExampleMachine> {
    const of = ports(disk);
    const opening = open(of, { durability: "batched", batchRecords: 8_192, storeId: "example" });
    await settle(of.disk, of.steps);
    const store = await opening;
    const next: Uint8Array[] = [];
    const machine = new StateMachine({
      store,
      batches: {
        verifyProof: (proof) => validated(ProofOfStore, proof, "a proof"),
        fetch: () => Promise.resolve({ author: 1, batchId, transactions: next.splice(0) }),
        advanceCertifiedTime: () => Promise.resolve(),
      },
      clock: of.clock,
      logger: of.logger,
      checkpointEveryOps: Number.MAX_SAFE_INTEGER,
      restoreSnapshot: () => Promise.reject(new Error("there is none")),
      checkpointed: () => undefined,
      lacksBatch: () => undefined,
      failed: (error) => {
        throw error;
      },
    });
    return new ExampleMachine(of, store, machine, next);
  }

  /** What comes of the transactions of the next op. */
  async execute(transactions: readonly Uint8Array[]): Promise<BatchResult | undefined> {
    this.transactions.push(...transactions);
    return this.order(operation);
  }
  /** An op of these bytes. */
  async order(bytes: Uint8Array): Promise<BatchResult | undefined> {
    this.machine.expect(digest);
    this.opNumber += 1;
    const executing = this.machine.execute(this.opNumber, bytes, new AbortController().signal);
    const progress = { isDone: false };
    const done = executing.finally(() => (progress.isDone = true));
    done.catch(() => undefined);
    while (!progress.isDone) await settle(this.of.disk, this.of.clock, this.of.steps);
    await done;
    return this.machine.resultOf(digest);
  }

  /** On what is left when the process dies and the machine does not. */
  restarted(): Promise<ExampleMachine> {
    return ExampleMachine.started(new ControlledDisk(this.of.disk.image()));
  }

  /** All that a replica would give another as a snapshot. */
  async contents(): Promise<string> {
    const exported = await this.store.exportSpaces();
    const parts: string[] = [];
    for (const { name, pairs } of exported.spaces)
      for await (const [key, value] of pairs) parts.push(`${name} ${key}=${Buffer.from(value).toString("hex")}`);
    exported.release();
    return parts.join("\n");
  }
}
