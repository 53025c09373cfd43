/** However a spec behaves, a run of the command line ends, by its bounds or with a line that says why. */
import { expect, it } from "vitest";
import { fixture, runHere, runLockstep } from "./lockstep-process.ts";

const check = (name: string, ...words: readonly string[]): readonly string[] => [
  "check",
  "--spec",
  fixture(name),
  "--allow-deadlock",
  ...words,
];

it("a spec that fills the heap is ended by the memory budget", async () => {
  const { code, out } = await runHere(check("keeps-everything", "--max-memory", "0.1"));
  expect([code, out]).toEqual([4, expect.stringMatching(/inconclusive: the memory budget of 0\.1 GiB was used up/)]);
});

it.each(["SIGINT", "SIGTERM"] as const)("%s ends a search of levels of one state", async (name) => {
  const { code, out } = await runLockstep(check("deep"), { signal: { name, after: "\n" } });
  expect([code, out]).toEqual([3, expect.stringMatching(/inconclusive: interrupted/)]);
});
it("SIGTERM ends an effect that does not", async () => {
  const { code, out } = await runLockstep(check("never-returns"), { signal: { name: "SIGTERM", after: "\n" } });
  expect([code, out]).toEqual([3, expect.stringMatching(/inconclusive: interrupted by SIGTERM/)]);
});
