import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ControlledClock } from "../controlled/clock.ts";
import { ControlledLogger } from "../controlled/journal.ts";
import { ClientTokens, addToken, newToken, readTokens } from "./client-tokens.ts";

let file: string;
const clock = new ControlledClock();
const logger = new ControlledLogger();
beforeEach(async () => {
  file = join(await mkdtemp(join(tmpdir(), "lockstep-")), "tokens.json");
  await writeFile(file, "[]");
});
afterEach(() => rm(join(file, ".."), { recursive: true }));

it("says what a token allows; the file has its digest only", async () => {
  const [writer, reader] = [addToken(file, "write"), addToken(file, "read", "dashboards")];
  const tokens = new ClientTokens(file, clock, logger);
  expect([writer, reader].map((t) => tokens.accessOf(`Bearer ${t}`))).toEqual(["write", "read"]);
  for (const wrong of [undefined, "", writer, `Bearer ${writer}x`, `Bearer ${writer} `, `bearer ${writer}`, `Basic ${writer}`])
    expect(tokens.accessOf(wrong)).toBeUndefined();
  expect(JSON.stringify(readTokens(file))).not.toContain(writer);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

it("takes new tokens, and takes replaced ones no longer, without a stop", () => {
  const first = addToken(file, "write", "app");
  const tokens = new ClientTokens(file, clock, logger);
  const second = addToken(file, "read", "app");
  clock.advance(1_000);
  expect([first, second].map((t) => tokens.accessOf(`Bearer ${t}`))).toEqual([undefined, "read"]);
});

it("goes on with what it knew when the file is damaged, and says so", async () => {
  const token = addToken(file, "write");
  const tokens = new ClientTokens(file, clock, logger);
  await writeFile(file, "[{]");
  clock.advance(1_000);
  expect(tokens.accessOf(`Bearer ${token}`)).toBe("write");
  expect(logger.lines.at(-1)).toMatchObject({ level: "error", event: "tokensNotRead" });
  expect(() => new ClientTokens(file, clock, logger)).toThrow(/tokens.json is not JSON/);
  await writeFile(file, JSON.stringify([{ ...newToken("read").row, sha256: "short" }]));
  expect(() => new ClientTokens(file, clock, logger)).toThrow(/tokens.json is malformed at 0.sha256: expected 64 lower-case hex digits/);
});
