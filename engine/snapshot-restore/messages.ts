/**
 * What peers say to each other about snapshots. Every request has a number, which the answer repeats. A snapshot is named by what
 * it is of, so that the same one can be asked of another peer; its chunks may be cut otherwise there.
 */
import { z } from "zod";
import { chunkSchema, manifestSchema, maxChunks, maxSpaces, snapshotIdSchema, spaceSchema } from "./snapshot.ts";

/** The spaces of one snapshot of a store. */
export const storeManifestSchema = z
  .strictObject({ id: snapshotIdSchema, spaces: z.array(manifestSchema).max(maxSpaces) })
  .refine(({ id, spaces }) => spaces.every((s) => s.clusterId === id.clusterId && s.version === id.version && s.position === id.position), {
    message: "every space must be of the snapshot",
  })
  .refine(({ spaces }) => new Set(spaces.map((s) => s.space)).size === spaces.length, "a space must be there once");
export type StoreManifest = z.infer<typeof storeManifestSchema>;

const request = z.int().min(0);
export const snapshotMessageSchema = z.discriminatedUnion("type", [
  /** `of`: null asks for the newest. */
  z.strictObject({ type: z.literal("SnapshotManifestRequest"), request, of: snapshotIdSchema.nullable() }),
  z.strictObject({ type: z.literal("SnapshotManifest"), request, manifest: storeManifestSchema }),
  z.strictObject({
    type: z.literal("SnapshotChunkRequest"),
    request,
    of: snapshotIdSchema,
    space: spaceSchema,
    index: z.int().min(0).max(maxChunks),
  }),
  z.strictObject({ type: z.literal("SnapshotChunk"), request, chunk: chunkSchema }),
  /** `unknown`: the peer does not have it; `busy`: it may later. */
  z.strictObject({ type: z.literal("SnapshotRefused"), request, reason: z.enum(["unknown", "busy"]), detail: z.string().max(1024) }),
]);
export type SnapshotMessage = z.infer<typeof snapshotMessageSchema>;
export type SnapshotRequest = Extract<SnapshotMessage, { type: "SnapshotManifestRequest" | "SnapshotChunkRequest" }>;
export type SnapshotAnswer = Exclude<SnapshotMessage, SnapshotRequest>;
