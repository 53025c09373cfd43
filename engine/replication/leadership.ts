/**
 * Is this replica still the primary? A heartbeat is a round. Whoever asks is answered when a majority, this replica
 * included, has acknowledged one round that began after the question. A backup acknowledges in its view only; a later
 * view needs a majority that has left this one; so at the time of the question no later view had begun.
 */
export class Leadership {
  readonly #needed: number;
  readonly #nonceOf: (round: number) => string;
  #round = 0;
  readonly #acknowledged = new Map<number, number>();
  #questions: { readonly fromRound: number; readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];

  /** `needed`: how many peers make a majority together with this replica. Nonces are never used twice. */
  constructor(needed: number, incarnation: number) {
    this.#needed = needed;
    this.#nonceOf = (round) => `${incarnation}:${round}`;
  }

  /** The nonce of a new round, to be sent to all peers. */
  nextRound(): string {
    this.#round += 1;
    return this.#nonceOf(this.#round);
  }

  /** Is a round under way that is still short of a majority? Questions that come meanwhile share the next one. */
  get isAsking(): boolean {
    return this.#round > 0 && !this.#isConfirmed(this.#round);
  }

  get hasQuestions(): boolean {
    return this.#questions.length > 0;
  }

  /** Resolves when leadership is confirmed by a round that begins after this call. */
  confirm(): Promise<void> {
    if (this.#needed === 0) return Promise.resolve();
    return new Promise((resolve, reject) => this.#questions.push({ fromRound: this.#round + 1, resolve, reject }));
  }

  /** A peer of this view has answered. Nonces that are not of this replica's rounds are ignored. */
  acknowledge(peer: number, nonce: string): void {
    const round = Number(nonce.split(":")[1]);
    if (!(round <= this.#round) || nonce !== this.#nonceOf(round)) return;
    this.#acknowledged.set(peer, Math.max(round, this.#acknowledged.get(peer) ?? 0));
    const answered = this.#questions.filter(({ fromRound }) => this.#isConfirmed(fromRound));
    this.#questions = this.#questions.filter((question) => !answered.includes(question));
    for (const { resolve } of answered) resolve();
  }

  /** Rejects every question. What was acknowledged in an old view says nothing about a new one. */
  lost(error: Error): void {
    const questions = this.#questions;
    this.#questions = [];
    this.#acknowledged.clear();
    for (const { reject } of questions) reject(error);
  }

  #isConfirmed(round: number): boolean {
    return [...this.#acknowledged.values()].filter((acknowledged) => acknowledged >= round).length >= this.#needed;
  }
}
