/** An engine in another language as real processes: sockets, SIGKILL, and its events against the spec. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { freePorts } from "../../engine/programs/cluster-directory.ts";
import { readEvents } from "../validate/event.ts";
import { searchDefaults } from "../validate/search.ts";
import { validate } from "../validate/validate.ts";
import type { Validation } from "../validate/validate.ts";
import { replicationMapping } from "../../bindings/viewstamped-replication/journal/replication-mapping.ts";

const names = ["r1", "r2", "r3"] as const;
const folder = mkdtempSync(join(tmpdir(), "lockstep-processes-"));
const running: ChildProcess[] = [];
const killAll = async (): Promise<void> => {
  for (const child of running.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill("SIGKILL");
    await once(child, "exit");
  }
};
afterEach(killAll);
afterAll(() => rmSync(folder, { recursive: true }));

interface Cluster {
  readonly ports: readonly number[];
  readonly processes: readonly ChildProcess[];
}
const start = async (option: string): Promise<Cluster> => {
  const ports = await freePorts(names.length);
  const peers = names.map((name, i) => `${name}=${String(ports[i])}`).join(",");
  const processes = names.map((name) => {
    const events = join(folder, `${name}.ndjson`);
    const args = [
      "conformance/adapter/reference/vr_process.py",
      "--node",
      name,
      "--peers",
      peers,
      "--events",
      events,
      ...option.split(" "),
    ];
    return spawn("python3", args.filter(Boolean), { stdio: ["ignore", "pipe", "inherit"] });
  });
  running.push(...processes);
  await Promise.all(processes.map((p) => once(p.stdout, "data")));
  return { ports, processes };
};

/** The replica's answer to a client; undefined when it gives none: it is no primary, or the connection ends. */
const request = async (port: number, op: string, patienceMs: number): Promise<string | undefined> => {
  const socket = createConnection(port, "127.0.0.1");
  try {
    socket.write(`${JSON.stringify({ op })}\n`);
    const [data] = (await once(socket, "data", { signal: AbortSignal.timeout(patienceMs) })) as [Buffer]; // of a socket without an encoding
    return data.toString();
  } catch {
    return undefined;
  } finally {
    socket.destroy();
  }
};

/** Of all events, when nobody can write more of them. */
const validated = async (): Promise<Validation> => {
  await killAll();
  const events = names.flatMap((name) => readEvents(readFileSync(join(folder, `${name}.ndjson`), "utf8"), name));
  return validate(events, replicationMapping, { ...searchDefaults, cutOff: true });
};

describe("three processes of the reference replica", () => {
  it("conform to the spec, over a view change after SIGKILL", async () => {
    const { ports, processes } = await start("");
    for (const op of ["a", "b", "c"]) expect(await request(ports[0] ?? 0, op, 20_000)).toContain("done");
    processes[0]?.kill("SIGKILL");
    // Whoever is the primary by then; each value is requested only once.
    let answered = 0;
    for (let i = 0; i < 60 && answered < 2; i++)
      for (const port of ports.slice(1)) if ((await request(port, `late-${String(i)}-${String(port)}`, 1_000)) !== undefined) answered++;
    expect(answered).toBeGreaterThanOrEqual(2);
    const result = await validated();
    expect(result.verdict).toBe("accepted");
    const acts = result.verdict === "accepted" ? result.behaviour.map(({ event }) => event.act) : [];
    expect(acts).toEqual(expect.arrayContaining(["TimerSendSVC", "SendSV", "ReceiveSV"]));
  });
  it("are found out when the primary executes what is not committed", async () => {
    const { ports } = await start("--hasty");
    for (const op of ["a", "b"]) expect(await request(ports[0] ?? 0, op, 20_000)).toContain("done");
    const result = await validated();
    expect(result).toMatchObject({ verdict: "rejected" });
    const mismatches = result.verdict === "rejected" ? result.candidates : [];
    expect(mismatches).toContainEqual(
      expect.objectContaining({ act: "ExecuteOp", reason: expect.stringContaining("isCommitted") as string }),
    );
  });
});
