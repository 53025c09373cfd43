/** Collects what the engine records and logs. */
import type { Journal, JournalEvent, Level, Logger } from "../../ports.ts";

export class ControlledJournal implements Journal {
  readonly events: JournalEvent[] = [];

  /** Keeps a copy: what the engine changes later is not what it recorded. */
  record(event: JournalEvent): void {
    this.events.push(structuredClone(event));
  }
}

export interface LogLine {
  readonly level: Level;
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export class ControlledLogger implements Logger {
  readonly lines: LogLine[] = [];

  log(level: Level, event: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.lines.push({ level, event, fields: { ...fields } });
  }
}
