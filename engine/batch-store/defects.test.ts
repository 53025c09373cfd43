/** Short schedules that end badly for one unsafe choice each: the invariant fails there, and holds for the store as it is. */
import { describe, expect, it } from "vitest";
import { bytes, Cluster, outcomeOf, release } from "./example-cluster.ts";
import type { ClusterOptions } from "./example-cluster.ts";
import { defects, withoutSync } from "./example-defects.ts";
import { History, violation } from "./example-invariants.ts";

/** Runs to an end, or to the first invariant that fails. */
type Script = (cluster: Cluster, check: () => void) => Promise<void>;
class Violated extends Error {}

const submit = async (cluster: Cluster, expiry: number, payload: string): Promise<string> => {
  const submission = cluster.store(1).submit([bytes(payload)], { expiry });
  await cluster.settle();
  await cluster.deliverAll();
  return (await submission).digest;
};

const scripts: Readonly<Record<string, { readonly config?: ClusterOptions["config"]; readonly script: Script }>> = {
  signsBeforeDurable: {
    script: async (cluster, check) => {
      cluster.member(2).table.hold();
      void cluster.store(1).submit([bytes("a")], { expiry: 5 });
      await cluster.settle();
      await cluster.deliverAll();
      check();
    },
  },
  signsDuplicatesNow: {
    script: async (cluster, check) => {
      cluster.member(2).steps.hold((step) => step === "Put");
      void cluster.store(1).submit([bytes("a")], { expiry: 5 });
      await cluster.settle();
      const first = cluster.network.messages().find(({ to }) => to === 2);
      cluster.network.duplicate(first?.id ?? 0);
      await cluster.deliverAll();
      check();
    },
  },
  relaxedRows: {
    script: async (cluster, check) => {
      await submit(cluster, 5, "a");
      check();
      await cluster.restart(2, "M");
      check();
    },
  },
  deletesUnconditionally: {
    script: async (cluster, check) => {
      const digest = await submit(cluster, 5, "a");
      cluster.member(2).steps.hold((step) => step === "DeleteRow");
      void cluster.store(2).advanceCertifiedTime(5);
      await cluster.settle();
      const prolonged = cluster.store(1).prolong(digest, { expiry: 9 });
      await cluster.settle();
      await cluster.deliverAll();
      await prolonged;
      check();
      await release(cluster, 2, "DeleteRow");
      check();
    },
  },
  doesNotPopulate: {
    script: async (cluster, check) => {
      await submit(cluster, 5, "a");
      check();
      await cluster.restart(2, "P");
      check();
    },
  },
  relaxedBatchIds: {
    config: { batchIdRange: 1 },
    script: async (cluster, check) => {
      await submit(cluster, 5, "a");
      cluster.member(1).steps.hold((step) => step === "Put");
      for (const payload of ["b", "c"]) {
        void cluster.store(1).submit([bytes(payload)], { expiry: 5 });
        await cluster.settle();
      }
      await cluster.restart(1, "M");
      for (const payload of ["d", "e"]) {
        await submit(cluster, 5, payload);
        check();
      }
    },
  },
  answersFromCache: {
    script: async (cluster, check) => {
      cluster.member(2).steps.hold((step) => step === "Put");
      const digest = await submit(cluster, 5, "a");
      const reader = outcomeOf(cluster.store(2).subscribe(digest));
      await cluster.settle();
      check();
      await release(cluster, 2, "Put");
      expect(reader.value?.transactions).toEqual([bytes("a")]);
      check();
    },
  },
  forgetsShares: {
    script: async (cluster, check) => {
      const digest = await submit(cluster, 5, "a");
      check();
      const prolonged = cluster.store(1).prolong(digest, { expiry: 9 });
      await cluster.settle();
      await cluster.deliverAll();
      await prolonged;
      check();
    },
  },
};

const run = async (script: Script, options: ClusterOptions): Promise<string | undefined> => {
  const history = new History();
  const cluster = await Cluster.open({ ...options, onSend: (_from, _to, message) => history.onSend(message) });
  try {
    await script(cluster, () => {
      const violated = violation(cluster, history);
      if (violated !== undefined) throw new Violated(violated);
    });
    return undefined;
  } catch (error) {
    if (error instanceof Violated) return error.message;
    throw error;
  }
};

describe.each(Object.entries(scripts))("the schedule of %s", (name, { script, config = {} }) => {
  it("violates an invariant with the unsafe choice", async () => {
    const defect = defects[name];
    expect(defect?.violates).toContain(await run(script, { config, parts: defect?.parts ?? {} }));
  });

  it("violates none without it", async () => {
    expect(await run(script, { config })).toBeUndefined();
  });
});

it("there is a schedule for every defect", () => {
  expect(Object.keys(scripts)).toEqual(Object.keys(defects));
});

it("a table that does not sync, in place of a subclass, is caught by the schedule of relaxed rows", async () => {
  const { script } = scripts["relaxedRows"] ?? expect.fail();
  expect(await run(script, { onTable: withoutSync })).toBe("SignedIsDurable");
});
