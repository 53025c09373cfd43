/** A thread that leads or follows in searches, one after the other, as the main thread orders. */
import { parentPort } from "node:worker_threads";
import { LockstepError, messageOf } from "../specs/language/errors.ts";
import type { FailureKind } from "../specs/language/errors.ts";
import { instantiate } from "../specs/language/instantiate.ts";
import type { SpecInstance } from "../specs/language/instantiate.ts";
import type { Spec } from "../specs/language/system.ts";
import { follow, search } from "../explorer/search/index.ts";
import type { ControlMemory, FollowerPlan, SearchOptions, SearchResult, Threads } from "../explorer/search/index.ts";
import { SpecFault } from "../explorer/search/result/spec-fault.ts";
import { heapMeter } from "./heap-meter.ts";
import { pack } from "./packed-values.ts";
import { projectOf } from "./project.ts";
import type { SpecOrigin } from "./run-search.ts";
import { modelOfFile } from "./spec-file.ts";

/** What a thread needs to have the spec; functions cannot be sent. */
export interface SpecOrder {
  readonly origin: SpecOrigin;
  readonly constants: SpecInstance["constants"];
  readonly design: SpecInstance["design"];
}
export type Order =
  | { readonly kind: "search"; readonly spec: SpecOrder; readonly options: SearchOptions; readonly control: ControlMemory }
  | { readonly kind: "follow"; readonly spec: SpecOrder; readonly plan: FollowerPlan }
  | { readonly kind: "followers ended" };

/** How an error of a thread reaches another one. */
export interface Failure {
  /** Undefined for a fault of Lockstep itself. */
  readonly kind: FailureKind | undefined;
  readonly message: string;
  readonly stack: string | undefined;
  /** Where the spec is at fault, packed; see SpecFault. */
  readonly fault: FaultPlace | undefined;
}
export type FaultPlace = Pick<SpecFault, "trace" | "call">;
export type Report =
  | { readonly kind: "begun" }
  | { readonly kind: "start follower"; readonly plan: FollowerPlan }
  | { readonly kind: "end followers" }
  | { readonly kind: "result"; readonly result: SearchResult }
  | { readonly kind: "failure"; readonly failure: Failure }
  | { readonly kind: "ended" };

const port = parentPort;
const tell = (report: Report): void => port?.postMessage(report);

/** The instance of the last order: several searches of one spec load and instantiate it once. */
let last: { readonly key: string; readonly instance: SpecInstance } | undefined;

const specAt = async (origin: SpecOrigin): Promise<Spec> => {
  if (origin.kind === "model") return (await projectOf()).model(origin.name).spec;
  return (await modelOfFile(origin.path)).spec;
};

const instanceOf = async ({ origin, constants, design }: SpecOrder): Promise<SpecInstance> => {
  const key = JSON.stringify([origin, constants, design]);
  if (last?.key !== key) last = { key, instance: instantiate(await specAt(origin), { constants, design }) };
  return last.instance;
};

let whenFollowersEnded: () => void = () => undefined;
const threadsOf = (control: ControlMemory): Threads => {
  let started = 0;
  return {
    control,
    start: (plan) => {
      started++;
      tell({ kind: "start follower", plan });
    },
    stop: async () => {
      if (started === 0) return;
      const ended = new Promise<void>((resolve) => (whenFollowersEnded = resolve));
      tell({ kind: "end followers" });
      await ended;
    },
  };
};

const failureOf = (error: unknown): Failure => ({
  kind: error instanceof LockstepError ? error.kind : undefined,
  message: messageOf(error),
  stack: error instanceof Error ? error.stack : undefined,
  fault: error instanceof SpecFault ? (pack({ trace: error.trace, call: error.call }) as FaultPlace) : undefined, // of the same shape
});

const obey = async (order: Order): Promise<void> => {
  if (order.kind === "followers ended") {
    whenFollowersEnded();
    return;
  }
  try {
    const instance = await instanceOf(order.spec);
    if (order.kind === "search") {
      tell({ kind: "begun" });
      const result = await search(instance, { ...order.options, heapBytes: heapMeter() }, threadsOf(order.control));
      tell({ kind: "result", result: pack(result) as SearchResult }); // what is packed keeps its shape but for its collections
    } else {
      follow(instance, order.plan, heapMeter());
      tell({ kind: "ended" });
    }
  } catch (error) {
    tell({ kind: "failure", failure: failureOf(error) });
  }
};

port?.on("message", (order: Order) => {
  void obey(order);
});
