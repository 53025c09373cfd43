/** What the specs of the batch store share: where a row is, and how a store is shown in a diagram. */
import { oneOf } from "../language/index.ts";

/** A relaxed put lies in the operating system's page cache, which outlives the process but not the machine, until it is written back. */
export const RowPlace = oneOf("absent", "page cache", "disk");
export type Place = "absent" | "page cache" | "disk";

/** The names of those that a test picks, for a lane. */
export const listed = <T>(members: readonly T[], isThere: (member: T) => boolean): string =>
  members.filter((m) => isThere(m)).map(String).join(" ");
