// The program of a thread that searches: the same TypeScript loader as in the main thread, so that a spec loads alike in all.
import { register } from "tsx/esm/api";

register();
await import("./search-thread.ts");
