/** A thread that follows in searches of random specs, one after the other: it makes each spec of its text. */
import { parentPort } from "node:worker_threads";
import { instantiate } from "../../../specs/language/index.ts";
import { messageOf } from "../../../specs/language/errors.ts";
import { Control, follow } from "../../search/index.ts";
import type { FollowerPlan } from "../../search/index.ts";
import { compile } from "../translate/compile.ts";

export interface FollowerOrder {
  readonly text: string;
  readonly plan: FollowerPlan;
}

const obey = ({ text, plan }: FollowerOrder): void => {
  try {
    follow(instantiate(compile(text)), plan);
  } catch (error) {
    new Control(plan.control).fail("other", messageOf(error));
  }
};

const port = parentPort;
port?.on("message", (order: FollowerOrder) => {
  obey(order);
  port.postMessage("ended");
});
