/**
 * Does a process give back what it takes? Memory goes up and down with the garbage collector, so the judge looks at its floor: the
 * lowest of each stretch of samples. The line through these points is the median of the slopes between all pairs of them
 * (Theil and Sen), which one odd stretch does not turn. What the points differ from it by, over all operations, is how wrong it may be.
 *
 * A leak is so many bytes for each operation. The memory is called flat only if the slope, with its error, is below a leak; it
 * grows if the slope is above half of one, and its error cannot account for that. Otherwise there were too few operations to tell.
 */
export interface MemorySample {
  readonly operations: number;
  readonly bytes: number;
}
export interface Trend {
  readonly verdict: "flat" | "grows" | "too short to tell";
  readonly bytesPerOperation: number;
  /** The slope may be wrong by so much. */
  readonly error: number;
}

/** Enough stretches for a median of slopes; each has to be long enough for a collection of all garbage. */
const stretches = 12;

/** The samples in the order of their time. Throws a RangeError for too few. */
export const memoryTrend = (samples: readonly MemorySample[], leakBytes: number): Trend => {
  if (samples.length < stretches) throw new RangeError(`a trend needs ${stretches} samples, not ${samples.length}`);
  const floor = floorOf(samples);
  const bytesPerOperation = median(slopesOf(floor));
  const residuals = floor.map(({ operations, bytes }) => bytes - bytesPerOperation * operations);
  const operations = (floor.at(-1)?.operations ?? 0) - (floor[0]?.operations ?? 0);
  const error = (Math.max(...residuals) - Math.min(...residuals)) / operations;
  return { verdict: verdictOf(bytesPerOperation, error, leakBytes), bytesPerOperation, error };
};

const verdictOf = (slope: number, error: number, leak: number): Trend["verdict"] => {
  if (slope > leak / 2 && slope > error) return "grows";
  return slope + error < leak ? "flat" : "too short to tell";
};

const floorOf = (samples: readonly MemorySample[]): readonly MemorySample[] =>
  Array.from({ length: stretches }, (_, i) => {
    const stretch = samples.slice(Math.floor((i * samples.length) / stretches), Math.floor(((i + 1) * samples.length) / stretches));
    return stretch.reduce((lowest, sample) => (sample.bytes < lowest.bytes ? sample : lowest));
  });

const slopesOf = (points: readonly MemorySample[]): readonly number[] =>
  points.flatMap((a, i) =>
    points.slice(i + 1).flatMap((b) => (b.operations > a.operations ? [(b.bytes - a.bytes) / (b.operations - a.operations)] : [])),
  );

const median = (numbers: readonly number[]): number => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? NaN) + (sorted[Math.floor(middle)] ?? NaN)) / 2;
};
