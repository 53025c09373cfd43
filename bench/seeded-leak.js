/**
 * For `npm run soak -- --leak N`, loaded into each replica before its program: keeps so many bytes of every request of a client
 * for ever, which the soak must find.
 */
import { Server } from "node:http";

const bytes = Number(process.env["LOCKSTEP_SEEDED_LEAK"]);
const kept = [];
const emit = Server.prototype.emit;
Server.prototype.emit = function (event, ...args) {
  if (event === "request") kept.push(Buffer.alloc(bytes, 1));
  return emit.call(this, event, ...args);
};
