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
