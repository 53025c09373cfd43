import { expect, it } from "vitest";
import { instantiate } from "../../specs/language/index.ts";
import { viewstampedReplication } from "../../specs/viewstamped-replication/spec.ts";
import { referenceSearch } from "./reference-search.ts";

it("the reference search agrees with TLC on viewstamped replication with one value", () => {
  const result = referenceSearch(instantiate(viewstampedReplication, { constants: { values: 1, startViewOnTimerLimit: 1 } }), {
    allowDeadlock: true,
  });
  expect(result).toMatchObject({ generated: 106_794, distinct: 42_753, depth: 24, exhausted: true });
  expect(result.actions).toMatchObject({
    TimerSendSVC: 30,
    ReceiveMatchingSVC: 34_843,
    SendDVC: 13_203,
    ReceiveSV: 20_146,
    ExecuteOp: 9_777,
  });
});
