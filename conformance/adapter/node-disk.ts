/**
 * A node's disk as the controller has it. A write has ended when the controller says so, and is durable after a sync of its
 * file. A crash leaves the durable contents, and as many of the unsynced writes as the controller likes, in the order in
 * which they ended. Left out: directories, writes that are torn or that overtake each other.
 */
import type { PendingIo } from "./cluster-mapping.ts";
import type { Output } from "./protocol.ts";

export type DiskRequest = Extract<Output, { type: "disk" }>;
type Change = Exclude<DiskRequest, { op: "sync" }>;

const changed = (content: Buffer, change: Change): Buffer => {
  const data = change.op === "write" ? Buffer.from(change.data, "base64") : Buffer.alloc(0);
  const end = change.off + data.length;
  const result = Buffer.alloc(change.op === "write" ? Math.max(content.length, end) : change.off);
  content.copy(result, 0, 0, Math.min(content.length, result.length));
  data.copy(result, change.off);
  return result;
};

export class NodeDisk {
  private readonly files = new Map<string, Buffer>();
  private ended: Change[] = [];
  private issued: DiskRequest[] = [];

  get pending(): readonly PendingIo[] {
    return this.issued.map(({ ioId, op, file }) => ({ ioId, op, file }));
  }
  get unsynced(): number {
    return this.ended.length;
  }

  /** False when an operation with this number has not ended yet. */
  issue(request: DiskRequest): boolean {
    if (this.issued.some(({ ioId }) => ioId === request.ioId)) return false;
    this.issued.push(request);
    return true;
  }

  /** False when there is no such operation. One that fails does nothing. */
  end(ioId: number, failed: boolean): boolean {
    const request = this.issued.find((r) => r.ioId === ioId);
    if (request === undefined) return false;
    this.issued = this.issued.filter((r) => r !== request);
    if (failed) return true;
    if (request.op !== "sync") this.ended.push(request);
    else {
      this.keep(this.ended.filter(({ file }) => file === request.file));
      this.ended = this.ended.filter(({ file }) => file !== request.file);
    }
    return true;
  }

  crash(persisted: number): void {
    this.keep(this.ended.slice(0, persisted));
    this.ended = [];
    this.issued = [];
  }

  get durable(): Readonly<Record<string, Buffer>> {
    return Object.fromEntries(this.files);
  }

  private keep(changes: readonly Change[]): void {
    for (const change of changes) this.files.set(change.file, changed(this.files.get(change.file) ?? Buffer.alloc(0), change));
  }
}
