/** Ctrl-C asks the running work to stop, so that it can still say what it reached; a second one ends the process at once. */
export type Interrupted = () => string | undefined;

export const interruptible = async <T>(work: (interrupted: Interrupted) => Promise<T>): Promise<T> => {
  let reason: string | undefined;
  const stop = (signal: NodeJS.Signals): void => {
    reason = signal === "SIGINT" ? "interrupted from the keyboard" : `interrupted by ${signal}`;
    release();
  };
  const release = (): void => {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  try {
    return await work(() => reason);
  } finally {
    release();
  }
};
