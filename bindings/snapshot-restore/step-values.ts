/** What a driver is given, read with a clear error, and what it answers. */
import { HarnessError } from "../../conformance/driver.ts";
import type { Arguments, Setup, StepResult } from "../../conformance/driver.ts";

export const constantOf = ({ constants }: Setup, name: string): number => {
  const value = constants[name];
  if (typeof value !== "number") throw new HarnessError(`the model has no integer constant ${name}`);
  return value;
};
export const numberOf = (args: Arguments, name: string): number => {
  const value = args[name];
  if (typeof value !== "number") throw new HarnessError(`${name} must be a number`);
  return value;
};
export const resultOf = (guard: string | undefined): StepResult => (guard === undefined ? { kind: "ok" } : { kind: "refused", guard });
