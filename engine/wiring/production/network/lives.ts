/**
 * The lives of replicas. Each start of a replica on its data is an incarnation with the next number, and each process has a nonce.
 * A replica that comes with a lower number than it had before, or with the same number in another process, has lost its data
 * or runs on an older copy: it has forgotten what it has promised since, and must not take part.
 */
import { z } from "zod";

export const Life = z.strictObject({
  incarnation: z.int().min(1),
  /** Of the process, 16 hexadecimal digits. */
  nonce: z.string().regex(/^[0-9a-f]{16}$/, "expected 16 lower-case hex digits"),
  /** The view in which it begins; of what is known of a peer, the latest in which it was heard. Null while it has none, and asks the others. */
  viewNumber: z.int().min(1).nullable(),
  /** How far its log reaches, and in which view it was last in normal operation; of a peer, the latest that it has acknowledged. */
  logged: z.strictObject({ viewNumber: z.int().min(0), opNumber: z.int().min(0) }),
});
export type Life = z.infer<typeof Life>;

export type Logged = Life["logged"];

/** Does `a` reach less far than `b`? In one view a log only grows. */
export const isShorter = (a: Logged, b: Logged): boolean =>
  a.viewNumber < b.viewNumber || (a.viewNumber === b.viewNumber && a.opNumber < b.opNumber);

/** Is whoever lives `life` older than what is known of it? A view and a log are on disk before others hear of them. */
export const isOutdated = (life: Life, known: Life | undefined): boolean => {
  if (known === undefined || life.incarnation < known.incarnation) return known !== undefined;
  if (life.incarnation === known.incarnation) return life.nonce !== known.nonce;
  if (life.viewNumber === null) return false;
  return life.viewNumber < (known.viewNumber ?? 0) || isShorter(life.logged, known.logged);
};

/** What a replica knows of the lives of all, its own included. It outlasts a crash. */
export interface Lives {
  readonly own: Life;
  /** The latest life of a peer that was met. */
  known(peer: number): Life | undefined;
  /** A peer has proven itself. Resolves when that is durable; RefusedError for a life that is over. */
  meet(peer: number, life: Life): Promise<void>;
  /** What a peer that has proven itself knows of this replica. Throws RefusedError when this life is over. */
  toldBy(peer: number, known: Life | undefined): void;
}
