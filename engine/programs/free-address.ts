/** Whether an address can be had, before anything that depends on it is done. */
import { createServer } from "node:net";
import type { Address } from "../node/config.ts";

/** Rejects with Node's error (EADDRINUSE) when it cannot. Somebody may still take it before it is used. */
export const mustBeFree = async ({ host, port }: Address): Promise<void> => {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, host, resolve));
  await new Promise((resolve) => server.close(resolve));
};
