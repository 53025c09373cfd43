import { expect, it } from "vitest";
import { instantiate } from "../../specs/language/index.ts";
import { paxosCommit } from "../../specs/classics/paxos-commit.ts";
import { peterson } from "../../specs/classics/peterson.ts";
import { runSearch } from "./fixtures/against-reference.ts";

const memoryBytes = 2 ** 31;

it("petersonN with four processes, as in SPIN, in at most 30 bytes a state", async () => {
  const result = await runSearch(instantiate(peterson, { constants: { processes: 4 } }), { allowDeadlock: true, memoryBytes });
  expect(result).toMatchObject({ verdict: "holds", generated: 47_576_806, distinct: 12_645_068, depth: 334 });
  expect(result.bytesPerState).toBeLessThan(30);
}, 600_000);

it("Paxos Commit, as published for TLC, in at most 45 bytes a state", async () => {
  const result = await runSearch(instantiate(paxosCommit), { allowDeadlock: true, memoryBytes });
  expect(result).toMatchObject({ verdict: "holds", generated: 16_959_159, distinct: 1_321_761, depth: 28 });
  expect(result.bytesPerState).toBeLessThan(45);
}, 600_000);
