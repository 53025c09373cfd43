/** The table of clients is bounded, and the same on every replica, whatever way its state has come. */
import { beforeAll, describe, expect, it } from "vitest";
import { all, bytes, open, ports } from "./example-store.ts";
import { loadSpaces, spacesOf } from "./spaces.ts";
import { StoreState, mostClients } from "./state.ts";
import type { TransactionalStore } from "./transactional-store.ts";

const outcome = { status: "committed", version: 1 } as const;
const named = (number: number) => ({ client: `client ${number}`, request: 1 });
const full = (): StoreState => {
  const state = StoreState.initial();
  for (let i = 0; i < mostClients; i++) state.recordClient(named(i), outcome);
  return state;
};

/** As text, which is compared faster than so many byte arrays. */
const rowsOf = async (state: StoreState): Promise<string> => {
  const pairs = await all(spacesOf(state, 0)[1]?.pairs ?? []);
  expect(pairs).toHaveLength(mostClients);
  return pairs.map(([key, value]) => `${key}=${Buffer.from(value).toString("hex")}`).join("\n");
};

describe("the table of clients", () => {
  it("forgets the one that was not heard of for longest", () => {
    const state = full();
    state.recordClient({ client: "client 0", request: 2 }, outcome);
    state.recordClient(named(-1), outcome);
    expect(state.clients.size).toBe(mostClients);
    expect([0, 1, 2, -1].map((i) => state.clients.has(`client ${i}`))).toEqual([true, false, true, true]);
  });

  it("goes on as it would have when it was saved and loaded", async () => {
    const state = full();
    state.recordClient({ client: "client 0", request: 2 }, outcome);
    const loaded = await loadSpaces(spacesOf(state, 0));
    for (const s of [state, loaded]) for (let i = 1; i <= 3; i++) s.recordClient(named(-i), outcome);
    expect(await rowsOf(loaded)).toBe(await rowsOf(state));
    expect(loaded.clients.has("client 3")).toBe(false);
    expect(loaded.clients.has("client 4")).toBe(true);
  });

  describe("when it is full", () => {
    let store: TransactionalStore;
    const write = (client: string, request: number) => {
      const t = store.begin();
      t.put(client, bytes(`${request}`));
      return store.commitPrepared(t.prepare({ client, request }));
    };
    beforeAll(async () => {
      store = await open(ports());
      await store.importSpaces(spacesOf(full(), 0));
    });

    it("takes new clients, and refuses those that it has forgotten, without executing anything", async () => {
      expect(await write("new", 1)).toMatchObject({ status: "committed" });
      expect(await write("new", 2)).toMatchObject({ status: "committed" });
      const { version } = store;
      const refused = await write("client 0", 2);
      expect(refused).toMatchObject({ status: "refused", reason: "forgottenClient" });
      expect(JSON.stringify(refused)).toContain("nothing is known of earlier requests of client 0");
      expect(store.version).toBe(version);
      // It is not remembered for that.
      expect(store.observe().clients["client 0"]).toBeUndefined();
      expect(await write("client 5", 2)).toMatchObject({ status: "committed" });
    });
  });
});
