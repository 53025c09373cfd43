// A thread of a search. Registers the TypeScript loader, as lockstep.js does, since threads do not inherit it.
import { register } from "tsx/esm/api";

register();
await import("./search-worker.ts");
