/**
 * Specs as they are driven: where the engine is stricter than a spec by its design, the spec's action may happen only
 * where the engine does it, so that a tour can take all that is left, and probe that the engine refuses the rest.
 * What is left out only makes a behaviour shorter or later, so that every invariant of the spec holds of it.
 */
import { checkpoint } from "../../../specs/transactional-store/recovery/checkpoint.ts";
import { replay } from "../../../specs/transactional-store/recovery/replay.ts";
import type { replaySystem } from "../../../specs/transactional-store/recovery/replay.ts";
import { tornTail } from "../../../specs/transactional-store/recovery/torn-tail.ts";
import { range } from "../../../specs/language/index.ts";
import type { Index, ScopeOf, Spec } from "../../../specs/language/index.ts";
import { HarnessError } from "../../../conformance/driver.ts";

type Guard<S> = (scope: S) => boolean;

/** `S` is the scope of the action that is restricted: that of its spec, with its parameters. */
const restricted = <S>(spec: Spec, action: string, guard: Guard<S>): Spec => {
  const found = spec.actions[action];
  if (found === undefined) throw new HarnessError(`${spec.name} has no action ${action}`);
  return { ...spec, actions: { ...spec.actions, [action]: { ...found, when: [...found.when, guard] } } };
};

type Replay = ScopeOf<typeof replaySystem>;
const hasOneOperation: Guard<{ readonly kind: string }> = ({ kind }) => kind !== "deleteAndCas";
/** The engine publishes, and answers, in the order of the versions. */
const isPublished: Guard<Replay & { readonly b: Index }> = ({ now, constants, b }) =>
  range(1, constants.branches).every((other) => now.own[other] >= now.own[b] || now.pc[other] === "idle" || now.pc[other] === "answer");

/** Without compare-and-sets, which the engine does not have; answers wait for lower versions. */
export const drivenReplay: Spec = restricted(restricted(replay, "Begin", hasOneOperation), "Acknowledge", isPublished);

interface TornTail {
  readonly now: { readonly segments: readonly (readonly { readonly whole: boolean }[])[] };
}
/** With a whole record or a segment behind it, a bad record is damage, from which the engine does not start. */
const isTornTail: Guard<TornTail> = ({ now }) => {
  const last = now.segments.at(-1) ?? [];
  const bad = last.findIndex((r) => !r.whole);
  return (
    now.segments
      .slice(0, -1)
      .flat()
      .every((r) => r.whole) && !last.slice(bad).some((r) => r.whole)
  );
};
const never: Guard<unknown> = () => false;

/** Only bad records at the end of the log are cut off, and no segment is dropped. */
export const drivenTornTail: Spec = restricted(restricted(tornTail, "CutTail", isTornTail), "DropSegment", never);

interface Checkpoint {
  readonly now: {
    readonly log: readonly { readonly id: number; readonly place: number }[];
    readonly running: Readonly<Record<number, number>>;
    readonly pc: Readonly<Record<number, string>>;
    readonly step: string;
    readonly published: { readonly mark: number };
  };
}
const placeOf = ({ now }: Checkpoint, t: number): number => now.log.find((r) => r.id === now.running[t])?.place ?? 0;
const isAnswered: Guard<Checkpoint & { readonly constants: { readonly threads: number }; readonly t: number }> = (scope) =>
  range(1, scope.constants.threads).every((other) => scope.now.pc[other] !== "logged" || placeOf(scope, other) >= placeOf(scope, scope.t));
const dispensable = ({ now }: Checkpoint): readonly number[] => now.log.map((r) => r.place).filter((place) => place <= now.published.mark);
const isCompacted: Guard<Checkpoint> = (scope) => dispensable(scope).length === 0;
const isPublishing: Guard<Checkpoint> = ({ now }) => now.step === "published";
const isOldest: Guard<Checkpoint & { readonly place: number }> = (scope) => dispensable(scope)[0] === scope.place;

/** The last record's segment may go, too, because a checkpoint begins a new one. */
const withLastSegment = (spec: Spec): Spec => {
  const found = spec.actions["DeleteSegment"];
  if (found === undefined) throw new HarnessError(`${spec.name} has no action DeleteSegment`);
  const parameters = { place: { kind: "state-domain" as const, needs: [], of: dispensable } };
  return { ...spec, actions: { ...spec.actions, DeleteSegment: { ...found, parameters } } };
};

const deletesInOrder = restricted(restricted(withLastSegment(checkpoint), "DeleteSegment", isPublishing), "DeleteSegment", isOldest);
/** A checkpoint deletes all segments below its mark, the oldest first, before it ends; answers wait for lower versions. */
export const drivenCheckpoint: Spec = restricted(restricted(deletesInOrder, "FinishCheckpoint", isCompacted), "Acknowledge", isAnswered);
