/**
 * `quota.ts` on the engine: calls are messages of one author, up to the entry in the cache; their rows are never put. In the
 * spec any entry may expire at any time, so the driver names the entry that the collector takes out, in place of certified
 * time; taking it out under its lock and giving back its share are the engine's. Every batch has the same size.
 */
import { Collector } from "../../engine/batch-store/collector.ts";
import { sizeOf } from "../../engine/batch-store/batch.ts";
import type { Mode, Share } from "../../engine/batch-store/quota.ts";
import { Persist } from "../../engine/batch-store/persist.ts";
import type { Call } from "../../engine/batch-store/persist.ts";
import type { StoreState } from "../../engine/batch-store/state.ts";
import { names } from "../../specs/language/index.ts";
import type { Arguments, Driver, Observation, Setup, StepResult } from "../../conformance/driver.ts";
import { HarnessError } from "../../conformance/driver.ts";
import { author, batchNamed, digestNamed, Replica } from "./replica.ts";
import { ok, refused } from "./store-process.ts";
import type { Patch } from "./store-process.ts";
import { numberIn, textOf } from "./words.ts";

const held = ["Insert", "Free", "FreeRemoved", "Put", "WaitForRow"];
const size = sizeOf(batchNamed("d1").transactions);

interface Delivered {
  /** A call that came to nothing may be made again: each delivery has a name of its own. */
  readonly call: string;
  readonly d: string;
  readonly expiry: number;
}
/** Takes one entry out, and gives back its share. False when there is none. */
type Remove = (digest: string) => Promise<boolean>;

/** A collector that can be told what has expired. */
const named = (Base: typeof Collector, onMade: (remove: Remove) => void, onRemoved: (mode: Mode | null) => void): typeof Collector =>
  class extends Base {
    constructor(state: StoreState) {
      super(state);
      onMade((digest) => this.remove(digest));
    }
    private async remove(digest: string): Promise<boolean> {
      const { state } = this;
      const { isGarbage } = state;
      state.isGarbage = () => true;
      const removed = await this.expireCache(digest);
      state.isGarbage = isGarbage;
      if (removed === undefined) return false;
      onRemoved(removed.share.mode);
      void this.free(digest, removed.share);
      return true;
    }
    private async free(digest: string, share: Share): Promise<void> {
      const pause = this.state.reached("FreeRemoved", { digest });
      if (pause) await pause;
      this.state.quotas.free(share);
      onRemoved(null);
    }
  };

/** What a call has taken, between Take and Insert. */
const withShares = (Base: typeof Persist, onTake: (digest: string, share: Share | undefined) => void): typeof Persist =>
  class extends Base {
    protected override take(call: Call): Share | undefined {
      const share = super.take(call);
      onTake(call.digest, share);
      return share;
    }
  };

export class QuotaDriver implements Driver {
  private replica = new Replica({ patch: {}, held, seed: 0 });
  private calls: readonly string[] = [];
  private digests: readonly string[] = [];
  private quota = { batches: 0, memoryBytes: 0 };
  private remove: Remove = () => Promise.resolve(false);
  private removed: Mode | null = null;
  private attempts = 0;
  private isExtensionRefused = false;
  private readonly delivered = new Map<string, Delivered>();
  /** By digest: its lock lets one call take at a time. */
  private readonly shares = new Map<string, Share>();

  constructor(
    readonly name: string,
    private readonly patch: Patch,
  ) {}

  async init({ constants, seed }: Setup): Promise<void> {
    this.calls = names("c", numberIn(constants, "calls"));
    this.digests = names("d", numberIn(constants, "digests"));
    this.removed = null;
    this.isExtensionRefused = false;
    this.delivered.clear();
    this.shares.clear();
    const batches = numberIn(constants, "batchQuota");
    this.quota = { batches, memoryBytes: numberIn(constants, "memoryQuota") * size };
    const { parts } = this.patch;
    const onRemoved = (mode: Mode | null): void => void (this.removed = mode);
    const patch: Patch = {
      ...this.patch,
      parts: {
        ...parts,
        Collector: named(parts?.Collector ?? Collector, (remove) => (this.remove = remove), onRemoved),
        Persist: withShares(parts?.Persist ?? Persist, (digest, share) => share && this.shares.set(digest, share)),
      },
    };
    const config = { quota: { ...this.quota, dbBytes: batches * size }, limits: { maxPendingPerPeer: 1_000_000 } };
    this.replica = new Replica({ patch, held, seed, config });
    await this.replica.start();
  }

  step(action: string, args: Arguments): StepResult | Promise<StepResult> {
    const { running } = this.replica;
    switch (action) {
      case "Take":
        return this.take(textOf(args, "c"), textOf(args, "d"), numberIn(args, "e"));
      case "Insert":
      case "Free":
        return running.pass(action, { call: this.delivered.get(textOf(args, "c"))?.call ?? "" });
      case "Remove":
        return this.removeEntry(digestNamed(textOf(args, "d")));
      case "FreeRemoved":
        return running.pass(action);
      default:
        throw new HarnessError(`the driver of quota knows no action ${action}`);
    }
  }

  private async take(c: string, d: string, expiry: number): Promise<StepResult> {
    if (this.delivered.has(c)) return refused(`the author has sent ${c} already`);
    const { running, sent } = this.replica;
    const { locks, cache } = running.open.observe();
    const digest = digestNamed(d);
    if (locks.includes(digest)) return refused(`the entry of ${d} is locked`);
    this.attempts += 1;
    const [call, before] = [`${c}, attempt ${String(this.attempts)}`, sent.length];
    running.receive(call, author, { type: "BatchMsg", epoch: 1, batches: [{ batch: batchNamed(d), expiry }] });
    await running.settle();
    if (running.at("WaitForRow", { call }) !== undefined) return refused(`${d} is held until then, and takes no share`);
    this.delivered.set(c, { call, d, expiry });
    const isRefused = sent.slice(before).some((message) => message.type === "BatchRefused" && message.reason === "quota");
    if (isRefused && Object.hasOwn(cache, digest)) this.isExtensionRefused = true;
    return ok;
  }

  private async removeEntry(digest: string): Promise<StepResult> {
    const { running } = this.replica;
    if (running.at("FreeRemoved") !== undefined) return refused("the collector has a share to give back");
    if (running.open.observe().locks.includes(digest)) return refused("the entry is locked");
    const removing = this.remove(digest);
    await running.settle();
    return (await removing) ? ok : refused("there is no entry");
  }

  private placeOf(c: string): string {
    const delivered = this.delivered.get(c);
    if (delivered === undefined) return "idle";
    const step = this.replica.running.stepOf(delivered.call, ["Insert", "Free"]);
    return step === undefined ? "done" : step.toLowerCase();
  }

  private insertsOf(c: string): { readonly digest: string; readonly expiry: number; readonly mode: Mode } | null {
    const delivered = this.delivered.get(c);
    if (delivered === undefined || this.placeOf(c) === "done") return null;
    const share = this.shares.get(digestNamed(delivered.d));
    if (share === undefined) throw new HarnessError(`${c} has taken no share`);
    return { digest: delivered.d, expiry: delivered.expiry, mode: share.mode };
  }

  /** What a call is about to give back. Production replaces a share in one step. */
  private replacedBy(c: string): unknown {
    const call = this.delivered.get(c)?.call ?? "";
    return this.replica.running.at("Free", { call })?.args["mode"] ?? null;
  }

  observe(): Observation {
    const { cache, locks, balances } = this.replica.running.open.observe();
    const left = balances[author] ?? this.quota;
    const each = <T>(keys: readonly string[], value: (key: string) => T) => Object.fromEntries(keys.map((key) => [key, value(key)]));
    return {
      state: {
        pc: each(this.calls, (c) => this.placeOf(c)),
        inserts: each(this.calls, (c) => this.insertsOf(c)),
        replaced: each(this.calls, (c) => this.replacedBy(c)),
        entry: each(this.digests, (d) => {
          const entry = cache[digestNamed(d)];
          return entry === undefined ? null : { expiry: entry.expiry, mode: entry.mode };
        }),
        isLocked: each(this.digests, (d) => locks.includes(digestNamed(d))),
        removed: this.removed,
        batches: left.batches,
        memory: left.memoryBytes / size,
        isExtensionRefused: this.isExtensionRefused,
      },
      unobserved: [],
    };
  }

  close(): void {
    this.replica.crash("P");
  }
}
