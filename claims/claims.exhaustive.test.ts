/** The long searches of the claims tables. */
import { expect, it } from "vitest";
import { fault } from "./decide.ts";
import { commandText } from "./notes.ts";
import { tables } from "./tables.ts";

const TIMEOUT_MS = 600_000;

const large = tables
  .flatMap((t) => t.claims.flatMap((c) => c.checks))
  .filter((check) => check.isLarge)
  .map((check) => ({ command: commandText(check), check }));

it("there are none without a long search", () => {
  expect(new Set(large.map((l) => l.command)).size).toBeLessThanOrEqual(large.length);
});

it.each(large)(
  "$command",
  async ({ check }) => {
    expect(await fault(check)).toBeUndefined();
  },
  TIMEOUT_MS,
);
