/** The long searches of the claims tables and of the models behind them. */
import { expect, it } from "vitest";
import { cameOut } from "../cli/comparison.ts";
import { auditedModels, runsOf, searchRun } from "./audited.ts";
import { fault } from "./decide.ts";
import { commandText } from "./notes.ts";
import { tables } from "./tables.ts";

const TIMEOUT_MS = 600_000;

const large = tables
  .flatMap((t) => t.claims.flatMap((c) => c.checks))
  .filter((check) => check.isLarge)
  .map((check) => ({ command: commandText(check), check }));

const runs = auditedModels.flatMap((model) =>
  runsOf(model)
    .filter((run) => run.isLarge)
    .map((run) => ({ name: `${model.name}: ${run.label}`, model, run })),
);

it.each(large)(
  "$command",
  async ({ check }) => {
    expect(await fault(check)).toBeUndefined();
  },
  TIMEOUT_MS,
);

it.each(runs)(
  "$name",
  async ({ model, run }) => {
    expect(cameOut(run.expected, await searchRun(model, run))).toBe(true);
  },
  TIMEOUT_MS,
);
