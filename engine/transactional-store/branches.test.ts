/** Branches that go, and how many there may be: on every replica the same, after a restart and in a snapshot, too. */
import { describe, expect, test } from "vitest";
import { maxSpaces } from "../snapshot-restore/snapshot.ts";
import { all, byHand, bytes, contents, open, ports, put, reopen } from "./example-store.ts";
import { mostBranches } from "./state.ts";
import type { TransactionalStore } from "./transactional-store.ts";

const deleteBranch = (store: TransactionalStore, name: string) => store.commitPrepared(store.prepareBranchDeletion(name));
const named = async (store: TransactionalStore): Promise<readonly string[]> => {
  const exported = await store.exportSpaces();
  const names = exported.spaces.map(({ name }) => name);
  exported.release();
  return names;
};

describe("a branch that is deleted", () => {
  test("is gone with all that was on it, and one of its name begins anew", async () => {
    const store = await open(ports());
    await put(store, { a: "1" });
    await store.createBranch("draft", { from: "main" });
    await put(store, { b: "2" }, "draft");
    expect(await deleteBranch(store, "draft")).toMatchObject({ status: "committed" });
    expect(store.branches()).toEqual(["main"]);
    expect(() => store.begin("draft")).toThrow('there is no branch "draft"');
    expect(() => store.searchVectors("draft", "v", [1], 1)).toThrow('there is no branch "draft"');
    await store.createBranch("draft");
    expect(await contents(store, "draft")).toEqual({});
    expect(await contents(store)).toEqual({ a: "1" });
  });

  test("can still be read by those who are on it, and not be written", async () => {
    const store = await open(ports());
    await store.createBranch("draft");
    await put(store, { a: "1" }, "draft");
    const t = store.begin("draft");
    await deleteBranch(store, "draft");
    expect(await t.get("a")).toEqual(bytes("1"));
    t.put("a", bytes("2"));
    expect(await t.commit()).toMatchObject({ status: "refused", reason: "noBranch" });
  });

  test("stays in an export that was begun before, and is in none that is begun after", async () => {
    const store = await open(ports());
    await store.createBranch("draft");
    await put(store, { a: "1" }, "draft");
    const exported = await store.exportSpaces();
    await deleteBranch(store, "draft");
    await store.collectVersions();
    const draft = exported.spaces.find(({ name }) => name === "branch/draft");
    expect((await all(draft?.pairs ?? [])).map(([key]) => key)).toEqual(["ka"]);
    exported.release();
    expect(await named(store)).not.toContain("branch/draft");
  });

  test.each(["log", "checkpoint and log", "checkpoint"])("is gone after a restart from the %s", async (from) => {
    const of = ports();
    const store = await open(of, byHand);
    await store.createBranch("draft");
    await put(store, { a: "1" }, "draft");
    if (from === "checkpoint and log") await store.checkpoint();
    await deleteBranch(store, "draft");
    if (from === "checkpoint") await store.checkpoint();
    await put(store, { b: "1" });
    const again = await reopen(of.disk.image(), byHand);
    expect(again.branches()).toEqual(["main"]);
    expect(await contents(again)).toEqual({ b: "1" });
    expect(await named(again)).toEqual(await named(store));
  });
});

test("there are no more branches than a snapshot has room for; one that is deleted makes room", async () => {
  // Beside the branches: the counters, the clients and the table of branches.
  expect(mostBranches + 3).toBeLessThanOrEqual(maxSpaces);
  const store = await open(ports(), { collectCommits: 0 });
  for (let i = 1; i < mostBranches; i += 1) await store.createBranch(`b${String(i)}`);
  expect(store.branches()).toHaveLength(mostBranches);
  expect(await store.createBranch("more")).toMatchObject({ status: "refused", reason: "tooLarge" });
  await deleteBranch(store, "b1");
  expect(await store.createBranch("more")).toMatchObject({ status: "committed" });
});
