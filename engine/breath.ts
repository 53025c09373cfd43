/**
 * Long work is done in parts, so that heartbeats and requests are handled between them. This is no port: nothing depends on what
 * comes between, and in a test that controls everything else a part more or less makes no difference.
 */

/** Of keys that are applied or looked at, a part has so many: some milliseconds. */
export const keysOfBreath = 2_000;

/** Whatever has arrived is handled before the work goes on. */
export const breath = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
