/** Faults of the search that have been found and are not mended yet: what shows them is not generated. Delete an entry to see its fault. */
export const KNOWN_FAULTS = {
  /** An absent key and a null value have one text. */
  partialMapOfOptional: true,
};
