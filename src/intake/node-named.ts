/** A node of a team's plan, by its name in the plan before a colon: `prices: mind the cents`. Any other words are no name. */
import { nodeOf, type PlanNode } from "../task/plan.ts";
import type { PlanStore } from "../task/plans.ts";
import type { Task } from "../task/task.ts";

/** `text`: what is said to it. */
export type NodeNamed = { node: PlanNode; text: string };

const NAMED = /^`?([a-z][a-z0-9-]{0,39})`?:\s+(.+)$/s;

export async function nodeNamed(
  plans: Pick<PlanStore, "read">,
  { spec }: Pick<Task, "spec">,
  said: string,
): Promise<NodeNamed | undefined> {
  const [, id = "", text = ""] = NAMED.exec(said) ?? [];
  const plan = spec.team && id !== "" ? await plans.read(spec.id) : undefined;
  const node = plan && nodeOf(plan, id);
  return node && { node, text: text.trim() };
}
