/** When a driver may act: after the engine has done all it can do without a driver. */

/** Anything that counts what happens on it: the controlled disk, table, clock, steps and network. */
export interface Counted {
  readonly activity: number;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Resolves when nothing more happens by itself. One turn of the event loop runs every microtask, also those that microtasks
 * add; it is repeated until a turn leaves the counts of `ports` as they were, for what works in more than one turn.
 */
export const settle = async (...ports: readonly Counted[]): Promise<void> => {
  const count = (): number => ports.reduce((sum, p) => sum + p.activity, 0);
  let before: number;
  do {
    before = count();
    await turn();
    await turn();
  } while (count() !== before);
};
