import { expect, it } from "vitest";
import { search } from "../explorer/search/index.ts";
import { instantiate } from "../specs/language/index.ts";
import { replicaRejoinModel } from "./replica-rejoin.ts";
import { replicaSnapshotsModel } from "./replica-snapshots.ts";

const large = [replicaSnapshotsModel, replicaRejoinModel].flatMap((model) =>
  (model.variants ?? []).filter((v) => v.isLarge === true).map((v) => ({ ...v, model, name: `${model.name}: ${v.label}` })),
);

it.each(large)(
  "$name",
  async ({ model, constants, design, invariants, expected }) => {
    const instance = instantiate(model.spec, { constants: { ...model.constants, ...constants }, design });
    const { violation } = await search(instance, { allowDeadlock: true, ...(invariants === undefined ? {} : { invariants }) });
    const seen =
      violation === undefined ? { verdict: "holds" } : { verdict: "violated", property: violation.property, length: violation.length };
    expect(seen).toEqual(expected);
  },
  900_000,
);
