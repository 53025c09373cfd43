/** The journal of one incarnation of a node: a file of JSON lines, each written by one call before `record` returns. */
import { closeSync, openSync, writeSync } from "node:fs";
import type { Journal, JournalEvent } from "../../ports.ts";
import { jsonLine } from "./json.ts";

export class FileJournal implements Journal {
  private readonly descriptor: number;
  private lastSequence = 0;

  /** Appends to `file`. Each event is numbered, and carries the node's name and the number of its incarnation. */
  constructor(
    file: string,
    private readonly node: string,
    private readonly incarnation: number,
  ) {
    this.descriptor = openSync(file, "a");
  }

  /** Survives SIGKILL, not a crash of the machine. Throws when the disk is full: an event that is not recorded must not happen. */
  record(event: JournalEvent): void {
    const line = Buffer.from(jsonLine({ node: this.node, inc: this.incarnation, seq: this.lastSequence + 1, ...event }));
    for (let written = 0; written < line.length;) written += writeSync(this.descriptor, line, written);
    this.lastSequence++;
  }

  close(): void {
    closeSync(this.descriptor);
  }
}
