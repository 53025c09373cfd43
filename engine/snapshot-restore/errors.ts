/** The ways in which a restore fails. `BadChunkError` and `BadManifestError` are the peer's fault: another may do better. */

/** What all of them are. */
export class SnapshotError extends Error {}

/** A chunk does not hold what the root promises. Nothing of it was persisted. */
export class BadChunkError extends SnapshotError {
  override readonly name = "BadChunkError";
}

/** A manifest contradicts itself, or what was restored by it. */
export class BadManifestError extends SnapshotError {
  override readonly name = "BadManifestError";
}

/** The snapshot is of another cluster. */
export class OtherClusterError extends SnapshotError {
  override readonly name = "OtherClusterError";
}

/** The tables hold a restore of another snapshot, or one that is being discarded; discard it, or go on with its snapshot. */
export class OtherSnapshotError extends SnapshotError {
  override readonly name = "OtherSnapshotError";
}

/** What the tables hold does not fit together; discard it and begin again. */
export class UnopenableError extends SnapshotError {
  override readonly name = "UnopenableError";
}

/** A write failed, or an object was used after its failure. A new object goes on from what is on disk. */
export class RestoreFailedError extends SnapshotError {
  override readonly name = "RestoreFailedError";
}

/** The peer asked now has cut the same snapshot into other chunks: nothing is wrong, but the restore has to be opened by its manifest. */
export class CutOtherwiseError extends SnapshotError {
  override readonly name = "CutOtherwiseError";
}

/** No peer has given the snapshot; the message has what each said last. */
export class SnapshotUnavailableError extends SnapshotError {
  override readonly name = "SnapshotUnavailableError";

  constructor(
    message: string,
    /** A peer has answered that it does not have this snapshot, or did not keep to it: waiting may not help, a newer one may. */
    readonly isOutdated: boolean,
  ) {
    super(message);
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
