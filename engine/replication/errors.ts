/** Why a replica does not do what it was asked. */

/** This replica does not lead: nothing was done. `primary` leads `viewNumber`, the view that this replica knows of. */
export class NotPrimaryError extends Error {
  override readonly name = "NotPrimaryError";
  readonly viewNumber: number;
  readonly primary: number;
  constructor(viewNumber: number, primary: number) {
    super(`this replica does not lead; in view ${viewNumber}, replica ${primary} does`);
    this.viewNumber = viewNumber;
    this.primary = primary;
  }
}

/** The view ended while the operation was under way: it may be executed, or never. Ask the new primary. */
export class ViewChangedError extends Error {
  override readonly name = "ViewChangedError";
}

/** Nothing was done, but it may be soon: asked again, it may succeed. */
export class NotReadyError extends Error {
  override readonly name = "NotReadyError";
}

/** The replica has stopped: on request, or for good after a failure (`cause`). */
export class StoppedError extends Error {
  override readonly name = "StoppedError";
}

export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
