/** The committed counterexamples are behaviours of the spec, violate what they say, and are what the generator writes. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { replay } from "../explorer/interpret/index.ts";
import { enabled, holds } from "../explorer/interpret/step.ts";
import { equal } from "../specs/language/index.ts";
import { readItf } from "../explorer/report/index.ts";
import type { Trace } from "../explorer/trace.ts";
import { collectionOf, counterexamples } from "./collections.ts";
import { instanceOf, modelOf } from "./counterexample.ts";
import type { Counterexample } from "./counterexample.ts";
import { storyFault } from "./lesson.ts";
import { indexText, itfFile, itfTextOf, lessonFile, lessonTextOf, relocated, shortestTrace, traceOf } from "./produce.ts";

const committed = (file: string): string => readFileSync(new URL(file, import.meta.url), "utf8");
const trace = (c: Counterexample): Trace => traceOf(c, committed(itfFile(c)));

describe.each(counterexamples)("$name", (c) => {
  it("is a behaviour of the spec, step by step", () => {
    expect(replay(instanceOf(c), trace(c))).toEqual({ ok: true });
  });

  it("violates its invariant, or has no next step, in the last state and in no other", () => {
    const instance = instanceOf(c);
    const invariant = instance.invariants.find((i) => i.name === c.invariant);
    const verdicts = trace(c).steps.map(({ state }) =>
      invariant === undefined ? enabled(instance, state).length > 0 : holds(instance, invariant, state),
    );
    expect(verdicts).toEqual([...new Array<boolean>(c.length - 1).fill(true), false]);
  });

  it("says of itself what the index says", () => {
    const { meta } = readItf(committed(itfFile(c)));
    expect(meta).toMatchObject({
      model: c.model,
      status: "violation",
      minimal: true,
      violated: c.invariant === "deadlock" ? { kind: "deadlock" } : { kind: "invariant", property: c.invariant },
      constants: instanceOf(c).constants,
      design: instanceOf(c).design,
    });
    const row = committed("index.md")
      .split("\n")
      .find((line) => line.startsWith(`| ${c.name.split("/").at(-1) ?? ""} |`));
    expect(row?.split("|").map((cell) => cell.trim())).toEqual(
      expect.arrayContaining([...(collectionOf(c)?.row(c) ?? []), c.invariant, String(c.length), "yes"]),
    );
  });

  it("has the bytes that its trace is written with, and the lesson that goes with it", () => {
    // A location that has moved: `npm run counterexamples -- --lessons` puts it right.
    expect(itfTextOf(c, relocated(c, trace(c)))).toBe(committed(itfFile(c)));
    expect(lessonTextOf(c, trace(c))).toBe(committed(lessonFile(c)));
  });

  it("is what the model of the same design and bounds expects", () => {
    const { constants, design } = instanceOf(c);
    const same = (modelOf(c).variants ?? []).filter((v) => {
      const other = instanceOf({ model: c.model, constants: v.constants ?? {}, design: v.design });
      return equal(other.design, design) && equal(other.constants, constants) && v.invariants?.join() === c.invariant;
    });
    for (const { expected } of same) expect(expected).toEqual({ verdict: "violated", property: c.invariant, length: c.length });
  });
});

it("the index is what the generator writes", () => {
  expect(indexText(counterexamples.map((c) => ({ counterexample: c, trace: trace(c) })))).toBe(committed("index.md"));
});

it("numbers and links in the lessons point at states and files that exist", () => {
  for (const c of counterexamples) {
    const text = committed(lessonFile(c));
    const states = [...text.matchAll(/\b[Ss]tates? (\d+)(?: to (\d+))?/g)].flatMap((m) => [m[1], m[2]]);
    for (const n of states.filter((s) => s !== undefined)) expect(Number(n)).toBeLessThanOrEqual(c.length);
    for (const [, file] of text.matchAll(/\]\(([\w.-]+)\)/g)) expect(() => committed(file ?? "")).not.toThrow();
  }
});

it("a story is refused when it is that of another trace", () => {
  const [first, second] = counterexamples;
  if (first === undefined || second === undefined) throw new Error("two counterexamples are needed");
  const fault = storyFault(trace(first), second.lesson);
  expect(fault).toBe(`the lesson "${second.lesson.title}" tells of ReceiveClientRequest 1 in state 2, where the trace does TimerSendSVC 2`);
  const [chapter, ...rest] = first.lesson.chapters;
  expect(storyFault(trace(first), { ...first.lesson, chapters: chapter === undefined ? rest : [chapter] })).toContain("tells of nothing");
  expect(() => lessonTextOf(second, trace(first))).toThrow("eager-2: ");
});

it.each(counterexamples.filter((c) => c.model !== "viewstamped-replication" || c.constants["startViewOnTimerLimit"] === 1))(
  "$name is found again, byte for byte",
  async (c) => {
    expect(itfTextOf(c, await shortestTrace(c))).toBe(committed(itfFile(c)));
  },
);

describe("shortestTrace refuses", () => {
  const find = (name: string): Counterexample => {
    const found = counterexamples.find((c) => c.name === name);
    if (found === undefined) throw new Error(name);
    return found;
  };

  it("a design that holds", async () => {
    const eager1 = find("eager-1");
    const fixed = { ...eager1, design: { ...find("lazy-3").design, transferStatus: true } };
    await expect(shortestTrace(fixed)).rejects.toThrow(
      'eager-1: the search ended "holds", without a violation of AcknowledgedWritesExistOnMajority',
    );
  });

  it("a trace of another length, or with another story", async () => {
    const eager1 = find("eager-1");
    await expect(shortestTrace({ ...eager1, length: 16 })).rejects.toThrow("eager-1: the trace has 15 states, 16 are expected");
    await expect(shortestTrace({ ...eager1, lesson: find("lazy-1").lesson })).rejects.toThrow("eager-1: the lesson");
  });
});
