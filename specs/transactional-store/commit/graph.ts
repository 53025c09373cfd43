/** Cycles in a small directed graph. */
export const hasCycle = <N>(nodes: readonly N[], hasEdge: (from: N, to: N) => boolean): boolean => {
  let rest = nodes;
  for (;;) {
    const onCycles = rest.filter((to) => rest.some((from) => hasEdge(from, to)));
    if (onCycles.length === rest.length) return rest.length > 0;
    rest = onCycles;
  }
};
