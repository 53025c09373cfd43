/** However a spec behaves, a run of the command line ends, by its bounds or with a line that says why. */
import { describe, expect, it } from "vitest";
import { fixture, runHere } from "./lockstep-process.ts";

const check = (name: string, ...words: readonly string[]): readonly string[] => [
  "check",
  "--spec",
  fixture(name),
  "--allow-deadlock",
  ...words,
];

describe("a spec that", () => {
  it("ends its thread is at fault", async () => {
    expect(await runHere(check("ends-its-thread"))).toMatchObject({
      code: 75,
      err: expect.stringMatching(/a spec must not end the process/) as string,
    });
  });
  it.each(["never-returns", "endless-init"])("%s is ended by the timeout, with the counts so far", async (name) => {
    const { code, out, err } = await runHere(check(name, "--timeout", "300ms"));
    expect([code, err, out]).toEqual([3, expect.any(String), expect.stringMatching(/inconclusive: the timeout of 0\.3 s was reached/)]);
  });
});
