import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ControlledClock } from "./clock.ts";
import { ControlledJournal } from "./journal.ts";
import { ControlledRandom } from "./random.ts";
import { settle } from "./settle.ts";
import { ControlledSteps } from "./steps.ts";

describe("the clock", () => {
  test("advancing fires what falls due, in order, also what is set on the way", () => {
    const clock = new ControlledClock(100);
    const fired: string[] = [];
    clock.setTimer("b", 20, () => fired.push(`b at ${clock.now()}`));
    clock.setTimer("a", 10, () => {
      fired.push(`a at ${clock.now()}`);
      clock.setTimer("c", 5, () => fired.push(`c at ${clock.now()}`));
    });
    clock.setTimer("late", 21, () => fired.push("late"));
    clock.setTimer("cancelled", 1, () => fired.push("cancelled")).cancel();
    clock.advance(20);
    expect(fired).toEqual(["a at 110", "c at 115", "b at 120"]);
    expect(clock.now()).toBe(120);
    expect(clock.timers()).toEqual([{ id: 3, name: "late", dueMs: 121 }]);
  });

  test("one timer is fired by its name, and the others stay", () => {
    const clock = new ControlledClock();
    const fired: string[] = [];
    for (const [name, ms] of [
      ["early", 5],
      ["x", 30],
      ["x", 10],
    ] as const)
      clock.setTimer(name, ms, () => fired.push(`${name}${ms}`));
    clock.fire("x");
    expect(fired).toEqual(["x10"]);
    expect(clock.now()).toBe(10);
    expect(clock.timers().map((t) => t.name)).toEqual(["early", "x"]);
    clock.fire("early");
    expect(clock.now()).toBe(10);
    expect(() => clock.fire("y")).toThrow("no timer y is set; set are: x");
    expect(() => clock.advance(-1)).toThrow(RangeError);
  });
});

describe("steps", () => {
  test("are passed unless they are held, and what is held waits until it is released", async () => {
    const steps = new ControlledSteps();
    expect(steps.reached("Apply", { key: "k" })).toBeUndefined();
    steps.hold((step) => step === "Apply");
    expect(steps.reached("Sign")).toBeUndefined();
    let applied = "";
    void steps.reached("Apply", { key: "a" })?.then(() => (applied += "a"));
    void steps.reached("Apply", { key: "b" })?.then(() => (applied += "b"));
    expect(steps.waiting()).toEqual([
      { id: 1, step: "Apply", args: { key: "a" } },
      { id: 2, step: "Apply", args: { key: "b" } },
    ]);
    steps.release(2);
    await settle(steps);
    expect(applied).toBe("b");
    steps.releaseAll();
    await settle(steps);
    expect(applied).toBe("ba");
    expect(() => steps.release(2)).toThrow("nothing waits at a step with id 2");
  });
});

describe("random numbers", () => {
  test("repeat with their seed, and lie below the bound", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 2 ** 32 }), (seed, below) => {
        const [one, other] = [new ControlledRandom(seed), new ControlledRandom(seed)];
        expect(one.bytes(5)).toEqual(other.bytes(5));
        const drawn = one.integer(below);
        expect(drawn).toBe(other.integer(below));
        expect(drawn >= 0 && drawn < below && Number.isInteger(drawn)).toBe(true);
      }),
    );
  });

  test("are each as likely", () => {
    const random = new ControlledRandom(3);
    const counts = [0, 0, 0, 0, 0, 0];
    for (let i = 0; i < 6000; i++) {
      const n = random.integer(6);
      counts[n] = (counts[n] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
    expect(() => random.integer(0)).toThrow(RangeError);
  });
});

test("the journal keeps copies", () => {
  const journal = new ControlledJournal();
  const post = { log: [1] };
  journal.record({ act: "Prepare", args: {}, post });
  post.log.push(2);
  expect(journal.events).toEqual([{ act: "Prepare", args: {}, post: { log: [1] } }]);
});
