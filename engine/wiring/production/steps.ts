/** Every step is passed at once. */
import type { Steps } from "../../ports.ts";

export class NoPauses implements Steps {
  reached(): undefined {
    return undefined;
  }
}
