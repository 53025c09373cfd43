/** The arithmetic of a group of replicas, which are numbered from 1. Any size of 2f+1 survives f failures. */

/** The most replicas that may fail. */
export const minority = (replicas: number): number => Math.floor(replicas / 2);
export const majority = (replicas: number): number => minority(replicas) + 1;
/** Who leads a view. Views are numbered from 1. */
export const primary = (viewNumber: number, replicas: number): number => 1 + ((viewNumber - 1) % replicas);
/** All replicas but `r`. */
export const peersOf = (r: number, replicas: number): number[] =>
  Array.from({ length: replicas }, (_, i) => i + 1).filter((peer) => peer !== r);

/** Whom to ask for the state of a view: first its primary, then the others in turn. */
export const peerToAsk = (r: number, replicas: number, viewNumber: number, attempt: number): number => {
  const peers = peersOf(r, replicas);
  const leader = Math.max(0, peers.indexOf(primary(viewNumber, replicas)));
  return peers[(leader + attempt) % peers.length] ?? r;
};

/** The number of a replica. Throws a RangeError for a group that cannot be, or has no such replica. */
export const checkMember = (r: number, replicas: number): number => {
  if (!(replicas % 2 === 1 && replicas < 100)) throw new RangeError(`a group has an odd number of replicas below 100, not ${replicas}`);
  if (!(Number.isInteger(r) && r >= 1 && r <= replicas)) throw new RangeError(`a replica's number is 1 to ${replicas}, not ${r}`);
  return r;
};
