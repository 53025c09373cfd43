/** For tests: replicas with keys of their own, and what they know of one another's lives in memory. */
import { publicKeyOf } from "../../../batch-store/proof.ts";
import type { IdentityOptions } from "./handshake.ts";
import type { Life, Lives } from "./lives.ts";
import { isOutdated } from "./lives.ts";
import { RefusedError } from "./refusals.ts";

const privateKeyOf = (replica: number): string => Buffer.alloc(32, replica).toString("base64url");
const publicKeys = Array.from({ length: 9 }, (_, i) => publicKeyOf(privateKeyOf(i + 1)));

export const identityOf = (replica: number): IdentityOptions => ({
  clusterId: "c",
  replica,
  privateKey: privateKeyOf(replica),
  publicKeys,
});
/** It says it is `replica`, and has the key of somebody else. */
export const impostor = (replica: number): IdentityOptions => {
  const privateKey = privateKeyOf(77);
  return {
    ...identityOf(replica),
    privateKey,
    publicKeys: publicKeys.map((key, i) => (i + 1 === replica ? publicKeyOf(privateKey) : key)),
  };
};

export const lifeOf = (incarnation: number, nonce = 0, viewNumber = 1): Life => ({
  incarnation,
  nonce: nonce.toString(16).padStart(16, "0"),
  viewNumber,
  logged: { viewNumber: 1, opNumber: 0 },
});

export class RememberedLives implements Lives {
  private readonly lives = new Map<number, Life>();
  /** What a peer has told of this replica's life. */
  readonly told: (Life | undefined)[] = [];
  constructor(readonly own: Life = lifeOf(1)) {}

  known(peer: number): Life | undefined {
    return this.lives.get(peer);
  }
  meet(peer: number, life: Life): Promise<void> {
    if (isOutdated(life, this.lives.get(peer))) return Promise.reject(new RefusedError("amnesia", `replica ${peer} is outdated`));
    this.lives.set(peer, life);
    return Promise.resolve();
  }
  toldBy(_peer: number, known: Life | undefined): void {
    this.told.push(known);
    if (isOutdated(this.own, known)) throw new RefusedError("amnesia", "this replica is outdated");
  }
}
