/** Colours, injected: formatters know what a piece of text means, and only a terminal knows how to show that. */
export interface Painter {
  /** The name of an action. */
  readonly action: (text: string) => string;
  /** What a step changed. */
  readonly changed: (text: string) => string;
  readonly added: (text: string) => string;
  readonly removed: (text: string) => string;
  /** What may be skipped, e.g. a location. */
  readonly faint: (text: string) => string;
  readonly bad: (text: string) => string;
}

const as = (text: string): string => text;
export const plain: Painter = { action: as, changed: as, added: as, removed: as, faint: as, bad: as };
