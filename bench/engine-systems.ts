/** What the engine's benchmark measures: the engine, etcd where it is installed, and plain appends to a file with a sync behind each. */
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, open, rm } from "node:fs/promises";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { freePorts } from "../engine/programs/cluster-directory.ts";
import { ClusterProcesses } from "../engine/testing/cluster-processes.ts";

/** Three replicas on this machine, with their data on its disk. */
export interface System {
  readonly name: string;
  put(key: string, value: Uint8Array): Promise<unknown>;
  /** Linearizable. */
  get(key: string): Promise<unknown>;
  /** CPU profiles are written when the processes end by themselves. */
  stop(): Promise<void>;
}

export const startEngine = async (): Promise<System> => {
  const cluster = await ClusterProcesses.create(3);
  cluster.startAll();
  const client = await cluster.client(30_000);
  await client.put("warm", Buffer.from("up"));
  return {
    name: "engine",
    put: (key, value) => client.put(key, value),
    get: (key) => client.get(key),
    stop: async () => {
      client.close();
      await Promise.all(cluster.replicas.map((r) => cluster.end(r, "SIGTERM")));
      await cluster.remove();
    },
  };
};

export const etcdVersion = (): string | undefined =>
  /etcd Version: (\S+)/.exec(spawnSync("etcd", ["--version"], { encoding: "utf8" }).stdout)?.[1];

const statusSchema = z.object({ header: z.object({ member_id: z.string() }), leader: z.string() });

/** Its HTTP gateway takes JSON; connections are kept, as by the engine's client. Requests go to the leader. */
export const startEtcd = async (): Promise<System> => {
  const directory = await mkdtemp(join(tmpdir(), "lockstep-etcd-"));
  const [peers, clients] = [await freePorts(3), await freePorts(3)];
  const members = peers.map((peer, i) => ({ name: `m${i + 1}`, peer, client: clients[i] ?? 0 }));
  const url = (port: number): string => `http://127.0.0.1:${port}`;
  const processes = members.map(({ name, peer, client }): ChildProcess => {
    const options = {
      name,
      "data-dir": join(directory, name),
      "listen-client-urls": url(client),
      "advertise-client-urls": url(client),
      "listen-peer-urls": url(peer),
      "initial-advertise-peer-urls": url(peer),
      "initial-cluster": members.map((m) => `${m.name}=${url(m.peer)}`).join(","),
      "initial-cluster-token": directory,
    };
    return spawn(
      "etcd",
      Object.entries(options).flatMap(([k, v]) => [`--${k}`, v]),
      { stdio: "ignore" },
    );
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const post = (port: number, path: string, value: unknown): Promise<unknown> => {
    const body = JSON.stringify(value);
    return new Promise((resolve, reject) => {
      const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
      const sent = request({ host: "127.0.0.1", port, path, method: "POST", headers, agent }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString();
          if (response.statusCode === 200) resolve(JSON.parse(text));
          else reject(new Error(`etcd: ${String(response.statusCode)} ${text}`));
        });
      });
      sent.on("error", reject);
      sent.end(body);
    });
  };
  const base64 = (text: string | Uint8Array): string => Buffer.from(text).toString("base64");
  const leader = async (): Promise<number> => {
    for (const end = performance.now() + 30_000; performance.now() < end; await new Promise((again) => setTimeout(again, 100)))
      for (const { client } of members) {
        const status = statusSchema.safeParse(await post(client, "/v3/maintenance/status", {}).catch(() => undefined));
        if (status.success && status.data.leader !== "0" && status.data.leader === status.data.header.member_id) return client;
      }
    throw new Error("etcd has no leader after 30 s");
  };
  const port = await leader();
  return {
    name: "etcd",
    put: (key, value) => post(port, "/v3/kv/put", { key: base64(key), value: base64(value) }),
    get: (key) => post(port, "/v3/kv/range", { key: base64(key) }),
    stop: async () => {
      agent.destroy();
      await Promise.all(
        processes.map(async (child) => {
          if (child.exitCode !== null) return;
          child.kill("SIGTERM");
          await once(child, "exit");
        }),
      );
      await rm(directory, { recursive: true, force: true });
    },
  };
};

/** One after the other: what a disk does at best for writes that wait for each other. */
export const measureAppends = async (bytes: number, seconds: number): Promise<readonly number[]> => {
  const directory = await mkdtemp(join(tmpdir(), "lockstep-append-"));
  await mkdir(directory, { recursive: true });
  const file = await open(join(directory, "log"), "w");
  const value = Buffer.alloc(bytes, 1);
  const times: number[] = [];
  for (const end = performance.now() + seconds * 1_000; performance.now() < end;) {
    const begun = performance.now();
    await file.write(value);
    await file.datasync();
    times.push(performance.now() - begun);
  }
  await file.close();
  await rm(directory, { recursive: true });
  return times;
};
