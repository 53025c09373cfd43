// The program of a thread that follows in searches of random specs.
import { register } from "tsx/esm/api";

register();
await import("./follower-thread.ts");
