/**
 * `npm run bench:before -- CHECKOUT [ROUNDS]`: what is measured here as a ratio to the same in another checkout of this
 * repository, of an older commit, with its packages installed. The two alternate; medians are compared. Above 1: faster now.
 */
import { readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { table } from "../explorer/report/index.ts";
import { large, measure, median, order, shapes, startOf, started, vr } from "./orders.ts";
import type { Order } from "./run-one.ts";

const [checkout, rounds = "5"] = process.argv.slice(2);
const before = resolve(checkout ?? ".");

const compare = (name: string, times: number, here: () => number, there: () => number): void => {
  const [now, then]: [number[], number[]] = [[], []];
  // Whatever is made at the first run is no part of any.
  if (times > 1) for (const side of [here, there]) side();
  for (let i = 0; i < times; i++) {
    now.push(here());
    then.push(there());
  }
  const ratios = now.map((n, i) => n / (then[i] ?? NaN)).sort((a, b) => a - b);
  const row = [name, (median(now) / median(then)).toFixed(2), `${ratios[0]?.toFixed(2) ?? ""} to ${ratios.at(-1)?.toFixed(2) ?? ""}`];
  process.stdout.write(`${table(["what", "now / before", "pairs"], [row])}\n`);
};
const speeds = (name: string, what: Order, times = Number(rounds)): void =>
  compare(
    name,
    times,
    () => measure(what).speed,
    () => measure(what, before).speed,
  );

/** The models of the other checkout, as its source names them. */
const modelsThere = readdirSync(join(before, "models")).map((file) => readFileSync(join(before, "models", file), "utf8"));
for (const [shape, model, constants] of shapes) {
  if (!modelsThere.some((text) => text.includes(`"${model}"`))) {
    process.stdout.write(`${model} is no model of the other checkout\n\n`);
    continue;
  }
  speeds(`${shape} (${model})`, order(model, constants, "search", { workers: 1 }));
  speeds(`${shape} (${model}), nothing remembered`, order(model, constants, "direct"));
}
for (const model of started)
  compare(
    `start: ${model}`,
    Number(rounds),
    () => 1 / startOf(model),
    () => 1 / startOf(model, before),
  );
for (const workers of [1, 2]) {
  speeds(`viewstamped-replication V=2 L=1, ${String(workers)} workers`, order("viewstamped-replication", vr(2, 1), "search", { workers }));
  speeds(`viewstamped-replication V=1 L=2, ${String(workers)} workers`, large(workers), 1);
}
