/**
 * The commands of a client, the same on the command line and in the shell. Values are text; what is not UTF-8 is shown as
 * `base64:…`. Each gives what is to be printed.
 */
import { z } from "zod";
import type { Client, ClientTransaction } from "../client/client.ts";

export interface CommandContext {
  readonly client: Client;
  readonly branch: string;
  readonly json: boolean;
}
interface ClientCommand {
  readonly usage: string;
  readonly does: string;
  readonly run: (context: CommandContext, args: readonly string[]) => Promise<string | undefined>;
}

/** The command makes no sense; the message says what would. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
/** The key is not there. */
export class NotFoundError extends Error {
  override readonly name = "NotFoundError";
}

const encoder = new TextEncoder();
export const textOf = (value: Uint8Array): string => {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(value);
  } catch {
    return `base64:${Buffer.from(value).toString("base64")}`;
  }
};
const numbersOf = (text: string): readonly number[] => {
  const numbers = text.split(",").map(Number);
  if (numbers.some((n) => !Number.isFinite(n)))
    throw new UsageError(`a vector is numbers with commas between them, such as 0.5,1,-2; not ${text}`);
  return numbers;
};
const metrics = z.enum(["cos", "l2sq", "ip"]);

const arguments_ = (usage: string, args: readonly string[], least: number, most = least): readonly string[] => {
  if (args.length < least || args.length > most) throw new UsageError(`usage: ${usage}`);
  return args;
};

/** One write of `transaction`: `put K V`, `delete K`, `get K`. */
const step = async (t: ClientTransaction, words: readonly string[]): Promise<string | undefined> => {
  const [name, key = "", value = ""] = words;
  if (name === "put" && words.length === 3) return (await t.put(key, encoder.encode(value)), undefined);
  if (name === "delete" && words.length === 2) return (await t.delete(key), undefined);
  if (name === "get" && words.length === 2) {
    const found = await t.get(key);
    return found === undefined ? `${key} is absent` : textOf(found);
  }
  throw new UsageError(`a step of a transaction is put KEY VALUE, delete KEY or get KEY; not ${words.join(" ")}`);
};

export const clientCommands: Readonly<Record<string, ClientCommand>> = {
  put: {
    usage: "put KEY VALUE",
    does: "write a key",
    run: async ({ client, branch }, args) => {
      const [key = "", value = ""] = arguments_("put KEY VALUE", args, 2);
      return `version ${await client.put(key, encoder.encode(value), { branch })}`;
    },
  },
  get: {
    usage: "get KEY",
    does: "print the value of a key",
    run: async ({ client, branch }, args) => {
      const [key = ""] = arguments_("get KEY", args, 1);
      const value = await client.get(key, { branch });
      if (value === undefined) throw new NotFoundError(`there is no key ${JSON.stringify(key)} on branch ${branch}`);
      return textOf(value);
    },
  },
  delete: {
    usage: "delete KEY",
    does: "delete a key",
    run: async ({ client, branch }, args) => {
      const [key = ""] = arguments_("delete KEY", args, 1);
      return `version ${await client.delete(key, { branch })}`;
    },
  },
  scan: {
    usage: "scan [FROM [TO]]",
    does: "print the keys from FROM up to, not including, TO",
    run: async ({ client, branch, json }, args) => {
      const [from, to] = arguments_("scan [FROM [TO]]", args, 0, 2);
      const pairs = await client.scan({ ...(from !== undefined && { from }), ...(to !== undefined && { to }) }, { branch });
      if (json) return JSON.stringify(pairs.map(([key, value]) => ({ key, value: textOf(value) })));
      return pairs.length === 0 ? undefined : pairs.map(([key, value]) => `${key}\t${textOf(value)}`).join("\n");
    },
  },
  transaction: {
    usage: "transaction STEP [and STEP…]",
    does: "several steps at once: put KEY VALUE, delete KEY, get KEY",
    run: async ({ client, branch }, args) => {
      if (args.length === 0) throw new UsageError("usage: transaction put a 1 and delete b and get c");
      const steps = args.reduce<string[][]>(
        (all, word) => (word === "and" ? [...all, []] : [...all.slice(0, -1), [...(all.at(-1) ?? []), word]]),
        [[]],
      );
      const printed = await client.transaction(
        async (t) => {
          const lines: string[] = [];
          for (const words of steps) {
            const line = await step(t, words);
            if (line !== undefined) lines.push(line);
          }
          return lines;
        },
        { branch },
      );
      return [...printed, "committed"].join("\n");
    },
  },
  branch: {
    usage: "branch NAME [FROM] | branch --delete NAME",
    does: "make a branch, empty or as FROM is now; or delete one with all that is on it",
    run: async ({ client }, args) => {
      const [name = "", from] = arguments_("branch NAME [FROM] | branch --delete NAME", args, 1, 2);
      if (name === "--delete" && from !== undefined) {
        await client.deleteBranch(from);
        return `deleted branch ${from}`;
      }
      if (name.startsWith("-")) throw new UsageError("usage: branch NAME [FROM] | branch --delete NAME");
      await client.createBranch(name, from === undefined ? {} : { from });
      return `branch ${name}`;
    },
  },
  branches: {
    usage: "branches",
    does: "print the branches",
    run: async ({ client, json }) => {
      const branches = await client.branches();
      return json ? JSON.stringify(branches) : branches.join("\n");
    },
  },
  collection: {
    usage: "collection NAME DIMENSION [cos|l2sq|ip]",
    does: "make a collection of vectors",
    run: async ({ client, branch }, args) => {
      const [name = "", dimension = "", metric = "cos"] = arguments_("collection NAME DIMENSION [cos|l2sq|ip]", args, 2, 3);
      const parsed = metrics.safeParse(metric);
      if (!parsed.success || !Number.isInteger(Number(dimension))) throw new UsageError("usage: collection NAME DIMENSION [cos|l2sq|ip]");
      await client.transaction((t) => t.createCollection(name, { dimension: Number(dimension), metric: parsed.data }), { branch });
      return `collection ${name}`;
    },
  },
  vector: {
    usage: "vector COLLECTION KEY NUMBERS",
    does: "insert a vector, such as 0.5,1,-2",
    run: async ({ client, branch }, args) => {
      const [collection = "", key = "", numbers = ""] = arguments_("vector COLLECTION KEY NUMBERS", args, 3);
      await client.transaction((t) => t.insertVector(collection, key, numbersOf(numbers)), { branch });
      return `vector ${key}`;
    },
  },
  search: {
    usage: "search COLLECTION NUMBERS [COUNT]",
    does: "print the nearest vectors",
    run: async ({ client, branch, json }, args) => {
      const [collection = "", numbers = "", count = "10"] = arguments_("search COLLECTION NUMBERS [COUNT]", args, 2, 3);
      const hits = await client.search(collection, numbersOf(numbers), Number(count), { branch });
      return json ? JSON.stringify(hits) : hits.map(({ key, distance }) => `${key}\t${distance}`).join("\n");
    },
  },
  status: {
    usage: "status",
    does: "who leads, and how far it is",
    run: async ({ client, json }) => {
      const status = await client.status();
      if (json) return JSON.stringify(status);
      const { view, primary, opNumber, commitNumber, version } = status;
      return `view ${view}, primary ${primary}, op ${opNumber}, committed ${commitNumber}, version ${version}`;
    },
  },
};

/** Throws UsageError for what is no command; NotFoundError; what the client throws. */
export const runClientCommand = (context: CommandContext, words: readonly string[]): Promise<string | undefined> => {
  const [name = "", ...args] = words;
  const command = Object.hasOwn(clientCommands, name) ? clientCommands[name] : undefined;
  if (command === undefined)
    throw new UsageError(`there is no command ${JSON.stringify(name)}; there are ${Object.keys(clientCommands).join(", ")}`);
  return command.run(context, args);
};
