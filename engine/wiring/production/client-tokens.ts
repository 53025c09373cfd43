/**
 * Whom a replica answers. A token is a random text that is good for nothing but to ask: it takes part in no protocol between
 * replicas, and the file of a replica has only its digest. The file is read again when it has changed, so that tokens are
 * added and taken back without a stop:
 *
 *     [{ "name": "billing", "access": "write", "sha256": "…64 hexadecimal digits" }, …]
 */
import { createHash, randomBytes } from "node:crypto";
import { readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { validated } from "../../codec.ts";
import type { Clock, Logger } from "../../ports.ts";

export const accesses = ["read", "write"] as const;
export type Access = (typeof accesses)[number];

const TokenRow = z.strictObject({
  name: z.string().max(64).optional(),
  access: z.enum(accesses),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, "expected 64 lower-case hex digits"),
});
const TokenRows = z.array(TokenRow).max(10_000);
export type TokenRow = z.infer<typeof TokenRow>;

const digestOf = (token: string): string => createHash("sha256").update(token).digest("hex");

/** A token for whoever asks, and what replicas keep of it. */
export const newToken = (access: Access, name?: string): { readonly token: string; readonly row: TokenRow } => {
  const token = randomBytes(32).toString("base64url");
  return { token, row: { ...(name === undefined ? {} : { name }), access, sha256: digestOf(token) } };
};

/** Throws an Error that names the file, and what is wrong in it. */
export const readTokens = (file: string): readonly TokenRow[] => {
  const text = readFileSync(file, "utf8");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  return validated(TokenRows, value, file);
};

/** Adds a token to the file, in place of one of the same name, and gives it. Throws as `readTokens`. */
export const addToken = (file: string, access: Access, name?: string): string => {
  const { token, row } = newToken(access, name);
  const others = readTokens(file).filter((r) => name === undefined || r.name !== name);
  // Renamed into its place: a replica sees all of it or nothing.
  const draft = `${file}.new`;
  writeFileSync(draft, `${JSON.stringify([...others, row], undefined, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
  return token;
};

const lookAgainMs = 500;

export class ClientTokens {
  private accessOfDigest: ReadonlyMap<string, Access> = new Map();
  private readAsOf = "";
  private lastLookMs: number;

  /** Throws when the file cannot be read. */
  constructor(
    private readonly file: string,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {
    this.lastLookMs = clock.now();
    this.read();
  }

  /** What the header `Authorization` of a request allows; undefined: nothing. */
  accessOf(authorization: string | undefined): Access | undefined {
    this.lookAgain();
    const token = /^Bearer (\S{1,256})$/.exec(authorization ?? "")?.[1];
    // Digests are compared: how long that takes tells nothing of a token.
    return token === undefined ? undefined : this.accessOfDigest.get(digestOf(token));
  }

  private lookAgain(): void {
    if (this.clock.now() - this.lastLookMs < lookAgainMs) return;
    this.lastLookMs = this.clock.now();
    try {
      if (this.version() !== this.readAsOf) this.read();
    } catch (error) {
      this.logger.log("error", "tokensNotRead", { reason: error instanceof Error ? error.message : String(error) });
    }
  }

  private read(): void {
    this.readAsOf = this.version();
    this.accessOfDigest = new Map(readTokens(this.file).map(({ sha256, access }) => [sha256, access]));
  }

  private version(): string {
    const { mtimeMs, size, ino } = statSync(this.file);
    return `${mtimeMs} ${size} ${ino}`;
  }
}
