/** Arguments and constants of a spec, as a driver reads them. */
import { HarnessError } from "../../conformance/driver.ts";

type Named = Readonly<Record<string, unknown>>;

export const textOf = (named: Named, name: string): string => {
  const value = named[name];
  if (typeof value !== "string") throw new HarnessError(`${name} is ${String(value)}: expected a name`);
  return value;
};

export const numberIn = (named: Named, name: string): number => {
  const value = named[name];
  if (typeof value !== "number") throw new HarnessError(`${name} is ${String(value)}: expected a number`);
  return value;
};
