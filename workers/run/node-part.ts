/** What the agent of a node is told of its part in the plan, as that stands when its run begins. */
import { nodeOf, type PlanNode } from "../../src/task/plan.ts";
import { nodeInstructions } from "../agents/prompt-node.ts";
import type { Run, Shared } from "./run.ts";
import { untilRedisAnswers } from "./until-redis-answers.ts";

/** The node that the run works on, as its plan has it. Undefined of a task that is no node's, and where nothing is known of its plan. */
export async function planNodeOf(shared: Shared, run: Run): Promise<PlanNode | undefined> {
  const { node: own } = run.task.spec;
  const plan = own && (await untilRedisAnswers(run, () => shared.store.plans.read(own.plan)));
  return plan && nodeOf(plan, own.id);
}

/** Undefined of a task that is no node's, and where nothing is known of its plan: the request then has to be enough. */
export async function partOf(shared: Shared, run: Run): Promise<string | undefined> {
  const { node: own } = run.task.spec;
  if (!own) return undefined;
  const plan = await untilRedisAnswers(run, () => shared.store.plans.read(own.plan));
  const node = plan && nodeOf(plan, own.id);
  if (!node) return undefined;
  const others = plan.nodes.filter(({ id, state }) => id !== own.id && state.name !== "superseded");
  const last = node.tries.findLast(({ task, why }) => task !== run.task.spec.id && why !== undefined);
  return nodeInstructions({
    ...{ goal: plan.goal, node },
    others: others.map(({ id, title, scope, state }) => ({ id, title, scope, state: state.name })),
    again: last?.why,
    budget: node.budget,
  });
}
