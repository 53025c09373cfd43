/** Structured logs: one line of JSON per event, on a stream. */
import type { Writable } from "node:stream";
import type { Level, Logger } from "../../ports.ts";
import { jsonLine } from "./json.ts";

const order: readonly Level[] = ["debug", "info", "warn", "error"];
/** A reader that does not keep up must not fill the memory. */
const mostBufferedBytes = 2 ** 20;

export class StreamLogger implements Logger {
  private dropped = 0;

  /** Events below `least` are left out; `common` is added to every line. */
  constructor(
    private readonly stream: Writable,
    private readonly least: Level = "info",
    private readonly common: Readonly<Record<string, unknown>> = {},
  ) {}

  log(level: Level, event: string, fields: Readonly<Record<string, unknown>> = {}): void {
    if (order.indexOf(level) < order.indexOf(this.least)) return;
    if (this.stream.destroyed) return;
    if (this.stream.writableLength > mostBufferedBytes) {
      this.dropped++;
      return;
    }
    const dropped = this.dropped > 0 ? { droppedBefore: this.dropped } : {};
    this.dropped = 0;
    this.stream.write(this.line({ time: new Date().toISOString(), level, event, ...this.common, ...fields, ...dropped }));
  }

  private line(entry: Readonly<Record<string, unknown>>): string {
    try {
      return jsonLine(entry);
    } catch (error) {
      // A log line must not stop the engine: a cycle, say.
      const { time, level, event } = entry;
      return jsonLine({ time, level, event, notLogged: error instanceof Error ? error.message : String(error) });
    }
  }
}
