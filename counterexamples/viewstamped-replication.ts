/** The section of Viewstamped Replication in the index. */
import { z } from "zod";
import { markdownTable } from "../explorer/report/index.ts";
import type { Trace } from "../explorer/trace.ts";
import { article } from "./article.ts";
import type { Collection, Counterexample } from "./counterexample.ts";
import { decided, findings } from "./findings.ts";

const Replicas = z.record(
  z.string(),
  z.object({
    status: z.string(),
    viewNumber: z.number(),
    lastNormalView: z.number(),
    log: z.array(z.string()),
    commitNumber: z.number(),
  }),
);

/** The replicas of the last state, for the eye; the whole state follows it in the lesson. */
const lastReplicas = (trace: Trace): string =>
  markdownTable(
    ["Replica", "Status", "View", "Last normal view", "Log", "Commit number"],
    Object.entries(Replicas.parse(trace.steps.at(-1)?.state["replicas"])).map(
      ([r, { status, viewNumber, lastNormalView, log, commitNumber }]) => [
        `r${r}`,
        status,
        viewNumber,
        lastNormalView,
        `⟨${log.join(", ")}⟩`,
        commitNumber,
      ],
    ),
  );

const designText = ({ design }: Counterexample): string =>
  [
    String(design["viewUpdate"]),
    String(design["startViewGuard"]),
    design["truncate"] === true ? "truncate" : "overwrite",
    design["transferStatus"] === true ? "status" : "no status",
    ...(design["viewUpdate"] === "lazy" ? [String(design["newStateGuard"])] : []),
  ].join(", ");

export const boundsText = ({ constants }: Pick<Counterexample, "constants">): string =>
  [constants["values"], constants["startViewOnTimerLimit"]].map((c) => JSON.stringify(c)).join(", ");

const decidedTable = (): string =>
  markdownTable(
    ["Design", "Values, timers", "Distinct states", "Verdict"],
    decided.map((d) => [d.of, boundsText(d), d.distinct, "holds"]),
  );

export const viewstampedReplicationCollection: Collection = {
  introduction: findings.introduction,
  counterexamples: article,
  header: ["Design", "Values, timers"],
  row: (c) => [designText(c), boundsText(c)],
  conclusions: [findings.decidedBy.trim(), decidedTable(), findings.conclusions.trim()].join("\n\n"),
  picture: lastReplicas,
};
