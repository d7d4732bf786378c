/**
 * A node's work that is merged settles its task, whoever merged it and did not come to say so: an earlier run, whose host died, or this
 * one. The plan's own branch says it.
 */
import type { Outcome } from "../../../src/task/outcome.ts";
import {
  asMirror,
  commitOf,
  findPlanRepository,
  type Integrated,
  type PlanRepository,
} from "../../integrate/plan-repository.ts";
import { diffStat } from "../../publish/changes.ts";
import type { Run, Shared } from "../run.ts";

export type MergedOutcome = Extract<Outcome, { kind: "merged" }>;

/** Undefined of a run that works on no node, or whose node is not merged. */
export async function mergedAlready({ dataDir }: Shared, run: Run): Promise<MergedOutcome | undefined> {
  const { node, repository } = run.task.spec;
  const plan = node && findPlanRepository({ dataDir, plan: node.plan, repositoryId: repository.id });
  const found = plan && (await commitOf(plan, node.id));
  return found && (await mergedAs(run, plan, found));
}

export async function mergedAs(
  { folder }: Pick<Run, "folder">,
  plan: PlanRepository,
  { sha, parent }: Pick<Integrated, "sha" | "parent">,
): Promise<MergedOutcome> {
  const stat = await diffStat({ quarantine: { dir: plan.dir, mirror: asMirror(plan) }, before: parent, tip: sha });
  const { outside } = folder.record.steps.findLast(({ kind }) => kind === "agent") ?? {};
  return { kind: "merged", sha, ...stat, ...(outside && { outside }) };
}
