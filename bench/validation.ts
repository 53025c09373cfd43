/**
 * `npm run bench:validation`: how long the validation of journals of three real processes takes, at about 1,000, 3,000 and
 * 10,000 events of replication. The cluster works under load, and is killed and partitioned on the way. `--size N` measures
 * that size only; `--record FILE` writes what the journal of a short run says of replication instead, in which a replica
 * restores a snapshot.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { LogEvent } from "../conformance/validate/event.ts";
import { renumbered } from "../bindings/viewstamped-replication/journal/fixtures/altered-journals.ts";
import { clusterJournals } from "../bindings/viewstamped-replication/journal/fixtures/cluster-journals.ts";
import { validate, validationText } from "../conformance/validate/validate.ts";
import { replicationMapping } from "../bindings/viewstamped-replication/journal/replication-mapping.ts";
import { table } from "../explorer/report/index.ts";

const { values: given } = parseArgs({ options: { record: { type: "string", default: "" }, size: { type: "string", default: "" } } });
const all = [1_000, 3_000, 10_000];
const sizes = given.size === "" ? all : [Number(given.size)];
const isOfReplication = ({ post }: LogEvent): boolean => !("epoch" in post);

/** Throws when the journal is not accepted: a time would mean nothing. */
const timeOf = (events: readonly LogEvent[]): number => {
  const begun = performance.now();
  const result = validate(events, replicationMapping);
  const ms = performance.now() - begun;
  if (result.verdict !== "accepted") throw new Error(validationText(result));
  return ms;
};

/** Events that come after the restored snapshot in a record. */
const after = 200;

/** The first events of a behaviour that explains all, up to a little after the first restored snapshot. Throws without one. */
const upToSnapshot = (events: readonly LogEvent[]): readonly LogEvent[] => {
  const numbered = renumbered(events);
  const result = validate(numbered, replicationMapping);
  if (result.verdict !== "accepted") throw new Error(validationText(result));
  const taken = result.behaviour.map(({ event }) => event);
  const restored = taken.findIndex(({ act }) => act === "InstallSnapshot");
  if (restored < 0) throw new Error("no replica restored a snapshot: record again");
  const kept = new Set(taken.slice(0, restored + after));
  return numbered.filter((event) => kept.has(event));
};

if (given.record !== "") {
  const events = await clusterJournals({ operations: 30, faults: 3, retainedOps: 10 });
  const own = upToSnapshot(events.filter(isOfReplication));
  timeOf(own);
  const lines = own.map((event) => JSON.stringify(event));
  writeFileSync(given.record, `${lines.join("\n")}\n`);
  process.stdout.write(`${String(lines.length)} events\n`);
} else {
  const rows: string[][] = [];
  // Events of replication come at a rate that load and machine decide, so that a run goes on until there are enough.
  for (const size of sizes) {
    // The crashes and view changes alone make about 1,000 events.
    const operations = Math.ceil(Math.max(1, size - 1_000) / 29);
    const events = await clusterJournals({ operations, faults: 4, retainedOps: 50 });
    const count = events.filter(isOfReplication).length;
    const ms = Math.min(timeOf(events), timeOf(events), timeOf(events));
    const snapshots = events.filter(({ act }) => act === "InstallSnapshot").length;
    rows.push([String(count), String(snapshots), ms.toFixed(0), ((1_000 * ms) / count).toFixed(0)]);
    process.stderr.write(`${String(count)} events: ${ms.toFixed(0)} ms\n`);
  }
  process.stdout.write(`${table(["events", "snapshots restored", "ms", "µs an event"], rows)}\n`);
}
