/**
 * Classes of an action's arguments, for coverage of models too large for every edge: a message counts by its type, its
 * sender and its destination, other arguments by their value, and members of symmetric sets all alike.
 */
import { isRecord } from "../explorer/value-text.ts";
import type { SpecInstance } from "../specs/language/instantiate.ts";
import type { Arguments } from "./driver.ts";

const valueClass = (value: unknown, symmetric: ReadonlySet<unknown>): string => {
  if (symmetric.has(value)) return "*";
  if (Array.isArray(value)) return `<<${String(value.length)}>>`;
  if (typeof value !== "object" || value === null) return String(value);
  if (!isRecord(value) || typeof value["type"] !== "string") return "{…}";
  const ends = ["source", "dest"].filter((k) => typeof value[k] === "number" || typeof value[k] === "string");
  return `${value["type"]}(${ends.map((k) => String(value[k])).join("→")})`;
};

const membersOf = new WeakMap<SpecInstance, ReadonlySet<unknown>>();

/** `ReceivePrepareMsg(3, Prepare(1→3))`. */
export const argumentClass = (instance: SpecInstance, action: string, args: Arguments): string => {
  const symmetric = membersOf.get(instance) ?? new Set<unknown>(instance.symmetricSets.flatMap((s) => s.members));
  membersOf.set(instance, symmetric);
  const values = Object.values(args).map((v) => valueClass(v, symmetric));
  return values.length === 0 ? action : `${action}(${values.join(", ")})`;
};
