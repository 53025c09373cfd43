/** The ways between the replicas of a cluster of processes, one proxy on each: what one sends to another can be held, slowed or cut. */
import { SystemClock } from "../wiring/production/clock.ts";
import { FaultProxy } from "../wiring/production/network/fault-proxy.ts";
import type { ClusterProcesses } from "./cluster-processes.ts";

interface Link {
  readonly from: number;
  readonly to: number;
  readonly proxy: FaultProxy;
}

export class Links {
  private constructor(private readonly all: readonly Link[]) {}

  /** The cluster has not been started yet. */
  static async between(cluster: ClusterProcesses): Promise<Links> {
    const clock = new SystemClock();
    const addresses = (await cluster.config(1)).replicas.map((r) => r.address);
    const links: Link[] = [];
    for (const from of cluster.replicas)
      for (const [i, address] of addresses.entries())
        if (i + 1 !== from) links.push({ from, to: i + 1, proxy: await FaultProxy.listen(() => address, clock) });
    for (const from of cluster.replicas)
      await cluster.configure(from, (config) => ({
        ...config,
        replicas: config.replicas.map((r) => ({
          ...r,
          address: links.find((l) => l.from === from && l.to === r.replica)?.proxy.address ?? r.address,
        })),
      }));
    return new Links(links);
  }

  /** Nothing passes on these ways until `heal`. */
  partition(isHeld: (from: number, to: number) => boolean): void {
    for (const { from, to, proxy } of this.all) if (isHeld(from, to)) proxy.partition();
  }
  /** Nothing passes from or to this replica. */
  isolate(replica: number): void {
    this.partition((from, to) => from === replica || to === replica);
  }
  delay(ms: number): void {
    for (const { proxy } of this.all) proxy.delayMs = ms;
  }
  /** Connections are reset, in the middle of a frame too. */
  cut(isCut: (from: number, to: number) => boolean = () => true): void {
    for (const { from, to, proxy } of this.all) if (isCut(from, to)) proxy.cut();
  }
  heal(): void {
    for (const { proxy } of this.all) {
      proxy.delayMs = 0;
      proxy.heal();
    }
  }
  async close(): Promise<void> {
    await Promise.all(this.all.map(({ proxy }) => proxy.close()));
  }
}
