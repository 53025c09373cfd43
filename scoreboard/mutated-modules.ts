/**
 * Which modules hold the protocols of each system, so that their mutants are counted, and which tests are to kill them: those
 * beside the code, and the fast lanes of conformance. The quick ones come first.
 */
interface MutatedSystem {
  readonly modules: readonly string[];
  readonly killers: readonly string[];
}

const below = (folder: string, ...names: readonly string[]): string[] => names.map((name) => `${folder}/${name}`);

export const mutatedSystems: Readonly<Record<string, MutatedSystem>> = {
  replication: {
    modules: below("engine/replication", "group.ts", "log.ts", "normal-operation.ts", "state-transfer.ts", "view-change.ts"),
    killers: [
      ...below(
        "engine/replication",
        "log.test.ts",
        "core.test.ts",
        "core-beyond-spec.test.ts",
        "group.test.ts",
        "core-and-spec.test.ts",
        "durable-state.test.ts",
      ),
      ...below("bindings/viewstamped-replication", "driver.test.ts", "matrix.test.ts"),
      ...below("engine/replication", "simulation.test.ts", "replica.test.ts"),
    ],
  },
  "batch-store": {
    modules: below("engine/batch-store", "collector.ts", "persist.ts", "proof.ts", "quota.ts"),
    killers: [
      ...below("engine/batch-store", "quota.test.ts", "persist.test.ts", "collector.test.ts", "proof.test.ts", "rows.test.ts"),
      ...below("engine/batch-store", "author.test.ts", "readers.test.ts", "robustness.test.ts", "defects.test.ts"),
      ...below("bindings/batch-store", "tours.test.ts", "matrix.test.ts"),
      ...below("engine/batch-store", "schedule.test.ts"),
    ],
  },
  "snapshot-restore": {
    modules: below("engine/snapshot-restore", "kv-side.ts", "restore.ts", "tree-side.ts"),
    killers: [
      ...below("bindings/snapshot-restore", "matrix.test.ts", "drivers.test.ts"),
      ...below("engine/snapshot-restore", "fetch-snapshot.test.ts", "unsafe.test.ts", "restore.test.ts"),
    ],
  },
  "transactional-store": {
    modules: below(
      "engine/transactional-store",
      ...["commit-protocol.ts", "publication.ts", "recovery.ts", "version-chain.ts", "version-collector.ts", "write-ahead-log.ts"],
    ),
    killers: [
      ...below(
        "engine/transactional-store",
        "version-chain.test.ts",
        "publication.test.ts",
        "write-ahead-log.test.ts",
        "commit-protocol.test.ts",
        "transactional-store.test.ts",
        "commit-steps.test.ts",
      ),
      ...below(
        "engine/transactional-store",
        "recovery.test.ts",
        "recovery-files.test.ts",
        "vectors.test.ts",
        "execution.test.ts",
        "spaces.test.ts",
        "branches.test.ts",
        "long-work.test.ts",
        "crash.test.ts",
      ),
      ...below("bindings/transactional-store", "recovery/matrix.test.ts", "commit/matrix.test.ts"),
    ],
  },
};

/** Throws an Error for a system that is none. */
export const mutatedSystem = (name: string): MutatedSystem => {
  const system = mutatedSystems[name];
  if (system === undefined)
    throw new Error(`There is no system ${JSON.stringify(name)}: the systems are ${Object.keys(mutatedSystems).join(", ")}.`);
  return system;
};

/** Of one system, or of all. Throws an Error for a system that is none. */
export const killersOf = (name: string | undefined): readonly string[] =>
  (name === undefined ? Object.values(mutatedSystems) : [mutatedSystem(name)]).flatMap(({ killers }) => killers);
