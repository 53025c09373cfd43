import { describe, expect, it } from "vitest";
import { Leadership } from "./leadership.ts";
import { turn } from "./fixtures/simulated-cluster.ts";

/** What has come of a question. */
const watched = (question: Promise<void>): { answer: string } => {
  const seen = { answer: "none" };
  question.then(
    () => (seen.answer = "yes"),
    (error: unknown) => (seen.answer = String(error)),
  );
  return seen;
};

describe("leadership", () => {
  it("is not confirmed by a round that began before the question", async () => {
    const leadership = new Leadership(1, 1);
    const before = leadership.nextRound();
    const seen = watched(leadership.confirm());
    leadership.acknowledge(2, before);
    leadership.acknowledge(3, before);
    await turn();
    expect(seen.answer).toBe("none");
    leadership.acknowledge(2, leadership.nextRound());
    await turn();
    expect(seen.answer).toBe("yes");
  });

  it("is confirmed by a majority: one peer that answers often is one", async () => {
    const leadership = new Leadership(2, 1);
    const seen = watched(leadership.confirm());
    const [first, second] = [leadership.nextRound(), leadership.nextRound()];
    for (const nonce of [first, second, second]) leadership.acknowledge(2, nonce);
    await turn();
    expect(seen.answer).toBe("none");
    // A later round that began after the question is as good.
    leadership.acknowledge(3, first);
    await turn();
    expect(seen.answer).toBe("yes");
  });

  it("is not confirmed by rounds of an earlier life, of the future, or by garbage", async () => {
    const leadership = new Leadership(1, 2);
    const seen = watched(leadership.confirm());
    leadership.nextRound();
    for (const nonce of ["1:1", "2:2", "2:0", "2:x", "", "2:1:1"]) leadership.acknowledge(2, nonce);
    await turn();
    expect(seen.answer).toBe("none");
    leadership.acknowledge(2, "2:1");
    await turn();
    expect(seen.answer).toBe("yes");
  });

  it("that is lost is no answer, and what was acknowledged before says nothing of a later view", async () => {
    const leadership = new Leadership(1, 1);
    const seen = watched(leadership.confirm());
    const nonce = leadership.nextRound();
    leadership.lost(new Error("the view has ended"));
    leadership.acknowledge(2, nonce);
    await turn();
    expect(seen.answer).toBe("Error: the view has ended");
    expect([leadership.hasQuestions, watched(leadership.confirm()).answer]).toEqual([false, "none"]);
  });
});
