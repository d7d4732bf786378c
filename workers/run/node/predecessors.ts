/** What a node's agent builds on: its predecessors in the plan, and what their agents said of their finished work. */
import { nodeOf } from "../../../src/task/plan.ts";
import type { Predecessor } from "../../agents/prompt-predecessors.ts";
import type { Run, Shared } from "../run.ts";
import { nodeOfRun, readPlan } from "./plan-of-node.ts";

export async function predecessorsOf(shared: Shared, run: Run): Promise<Predecessor[]> {
  const { plan: id, id: own } = nodeOfRun(run);
  const plan = await readPlan(shared, run, id);
  return (nodeOf(plan, own)?.after ?? []).flatMap((each) => {
    const { title, state } = nodeOf(plan, each) ?? {};
    return title !== undefined && state?.name === "merged" ? [{ title, sha: state.sha, finish: state.finish }] : [];
  });
}
