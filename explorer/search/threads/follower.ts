/** The work of one thread in a round, and the life of a thread that follows. */
import { SpecError, messageOf } from "../../../specs/language/errors.ts";
import type { SpecInstance } from "../../../specs/language/instantiate.ts";
import { Control, TALLY_ACTIONS, tallied } from "./control.ts";
import type { ControlMemory } from "./control.ts";
import type { Findings } from "../relation/findings.ts";
import { TableFull } from "../kernel/pair-table.ts";
import { SearchThread } from "./thread.ts";
import type { ThreadPlan } from "./thread.ts";

/** What a follower is started with. Can be sent to another thread. */
export interface FollowerPlan {
  readonly plan: ThreadPlan;
  readonly control: ControlMemory;
  readonly thread: number;
}

export const findingsFor = (control: Control): Findings => ({
  violation: (predicate, id) => control.foundViolation(predicate, id),
  witness: (predicate) => control.foundWitness(predicate),
  deadlock: (id) => control.foundDeadlock(id),
  fault: (id, isState, error) => control.foundFault({ id, isState, text: error.message }),
  badStep: (kind, predicate, from, successor) => control.foundBadStep({ kind, predicate, from, successor }),
});

/** Reports what went wrong in this thread to the one that leads. */
export const report = (control: Control, error: unknown): void => {
  const kind = error instanceof TableFull ? "full" : error instanceof SpecError ? "spec" : "other";
  control.fail(kind, kind === "other" && error instanceof Error ? (error.stack ?? error.message) : messageOf(error));
};

export const writeTally = (thread: SearchThread, control: Control, index: number): void => {
  const { expander } = thread;
  const tally = control.tally(index);
  const { audit } = thread;
  tally[tallied.generated] = expander.generated;
  tally[tallied.distinct] = expander.distinct;
  tally[tallied.expanded] = expander.expanded;
  tally[tallied.minDegree] = expander.minDegree;
  tally[tallied.maxDegree] = expander.maxDegree;
  tally[tallied.bytes] = thread.bytes;
  tally[tallied.runs] = audit.purity.runs;
  tally[tallied.runsTwice] = audit.purity.checked;
  tally[tallied.reduced] = audit.reductions.cases;
  tally[tallied.reducedChecked] = audit.reductions.checked;
  expander.generatedByAction.forEach((n, a) => {
    tally[TALLY_ACTIONS + 2 * a] = n;
    tally[TALLY_ACTIONS + 2 * a + 1] = expander.distinctByAction[a] ?? 0;
  });
};

/** Takes up to `chunks` portions of the level; false when there are none left for now. */
export const workOn = (thread: SearchThread, control: Control, chunks: number): boolean => {
  for (let i = 0; i < chunks; i++) {
    const chunk = control.take();
    if (chunk === undefined) {
      thread.expander.flush();
      return false;
    }
    thread.expander.expand(chunk[0], chunk[1]);
    if (thread.core.tables.some((t) => t.crowded)) control.pause();
  }
  return true;
};

/** Takes part in rebuilding a table until all its ids are taken. Nobody may ask for a pause meanwhile. */
export const rebuildOn = (thread: SearchThread, control: Control, table: number): void => {
  for (let chunk = control.take(); chunk !== undefined; chunk = control.take()) thread.core.tables[table]?.rebuild(chunk[0], chunk[1]);
};

/** Runs until the leader stops the search. Errors are reported, never thrown. */
export const follow = (instance: SpecInstance, { plan, control: memory, thread: index }: FollowerPlan): void => {
  const control = new Control(memory);
  let round = 0;
  let thread: SearchThread | undefined;
  control.ready(index);
  for (;;) {
    round = control.awaitInvitation(index, round);
    if (control.stopped) return;
    try {
      thread ??= new SearchThread(instance, plan, findingsFor(control));
      for (const table of thread.core.tables) table.resync();
      const { rebuilding } = control;
      if (rebuilding !== undefined) rebuildOn(thread, control, rebuilding);
      else while (workOn(thread, control, 64));
      for (const table of thread.core.tables) table.rest(table === thread.core.states);
      writeTally(thread, control, index);
    } catch (error) {
      report(control, error);
    }
    control.rest();
  }
};
