/** The commands of a client, on a client that answers from a map. */
import { describe, expect, it } from "vitest";
import { Client } from "../client/client.ts";
import { NotFoundError, UsageError, runClientCommand, textOf } from "./client-commands.ts";
import { wordsOf } from "./shell.ts";

class MapClient extends Client {
  readonly map = new Map<string, Uint8Array>();
  constructor() {
    super({ replicas: [], token: "", deadlineMs: 1 });
  }
  override put(key: string, value: Uint8Array): Promise<number> {
    this.map.set(key, value);
    return Promise.resolve(this.map.size);
  }
  override get(key: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.map.get(key));
  }
  readonly branchesMade: string[] = [];
  override createBranch(branch: string): Promise<void> {
    this.branchesMade.push(`make ${branch}`);
    return Promise.resolve();
  }
  override deleteBranch(branch: string): Promise<void> {
    this.branchesMade.push(`delete ${branch}`);
    return Promise.resolve();
  }
  override scan(): Promise<readonly (readonly [string, Uint8Array])[]> {
    return Promise.resolve([...this.map]);
  }
}

const client = new MapClient();
const run = (json: boolean, ...words: readonly string[]) => runClientCommand({ client, branch: "main", json }, words);

describe("the commands", () => {
  it("write and read", async () => {
    expect(await run(false, "put", "a", "1")).toBe("version 1");
    expect(await run(false, "get", "a")).toBe("1");
    expect(await run(false, "scan")).toBe("a\t1");
    expect(await run(true, "scan")).toBe('[{"key":"a","value":"1"}]');
    await expect(run(false, "get", "b")).rejects.toThrow(new NotFoundError('there is no key "b" on branch main'));
  });

  it("make and delete branches", async () => {
    expect(await run(false, "branch", "draft", "main")).toBe("branch draft");
    expect(await run(false, "branch", "--delete", "draft")).toBe("deleted branch draft");
    expect(client.branchesMade).toEqual(["make draft", "delete draft"]);
  });

  it("says of a key that cannot be what would be right, where it is written as where it is read", async () => {
    const real = new Client({ replicas: [{ host: "127.0.0.1", port: 1 }], token: "", deadlineMs: 1 });
    for (const key of ["k".repeat(4097), "\ud800"])
      for (const done of [real.put(key, Uint8Array.of(1)), real.delete(key)])
        await expect(done).rejects.toThrow("a key must be well-formed Unicode of at most 4096 UTF-16 units");
    await expect(real.put("k", new Uint8Array(2 ** 24 + 1))).rejects.toThrow("a value of 16777217 bytes is too large");
    real.close();
  });

  it.each([
    [["fly"], /there is no command "fly"; there are put, get, delete/],
    [["toString"], /there is no command "toString"/],
    [[], /there is no command ""/],
    [["put", "a"], /usage: put KEY VALUE/],
    [["get"], /usage: get KEY/],
    [["get", "a", "b"], /usage: get KEY/],
    [["transaction"], /usage: transaction put a 1 and delete b/],
    [["search", "v", "1,x"], /a vector is numbers with commas between them, such as 0.5,1,-2; not 1,x/],
    [["branch", "--delete"], /usage: branch NAME \[FROM\] | branch --delete NAME/],
    [["branch", "--remove", "b"], /usage: branch NAME \[FROM\] | branch --delete NAME/],
    [["collection", "v", "2", "taxi"], /usage: collection NAME DIMENSION/],
    [["collection", "v", "two"], /usage: collection NAME DIMENSION/],
  ])("say how %j is used", async (words, why) => {
    const error = await (async () => run(false, ...words))().catch((e: unknown) => e);
    expect(error).toBeInstanceOf(UsageError);
    expect(String(error)).toMatch(why);
  });

  it("show what is no text in base64", () => {
    expect(textOf(Uint8Array.of(0xff, 0))).toBe("base64:/wA=");
  });
});

describe("the words of a line", () => {
  it.each([
    ["put a 1", ["put", "a", "1"]],
    ["  put   'a b'  \"c d\" ", ["put", "a b", "c d"]],
    ['put a ""', ["put", "a", ""]],
    ["", []],
  ])("%j", (line, words) => expect(wordsOf(line)).toEqual(words));
});
