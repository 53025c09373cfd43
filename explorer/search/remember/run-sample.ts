/** Which runs of user code are made twice, to see whether they are pure: the first ones of each kind, then one in so many. */

const FIRST = 16;
const ONE_IN = 64;

export class RunSample {
  /** Runs so far, and how many of them were made twice. */
  runs = 0;
  taken = 0;

  /** To be called once for each run. */
  isTaken(): boolean {
    this.runs++;
    if (this.runs > FIRST && this.runs % ONE_IN !== 0) return false;
    this.taken++;
    return true;
  }
}
