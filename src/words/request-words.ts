/** What is to come of a task, as a sentence, where it is something else than a change by one agent: its request alone does not say so. */
import type { TaskSpec } from "../task/task-spec.ts";
import type { Quoting } from "../text/quote.ts";

type Asked = Pick<TaskSpec, "plan" | "team" | "review" | "mends" | "node">;

/** Undefined where an agent is to do what was asked for, and that is all. */
export function requestWords({ plan, team, review, mends, node }: Asked, { code }: Quoting): string | undefined {
  if (team) return "A team of agents is to do this, by a plan that one of them proposes first.";
  if (plan) return "An agent is to propose how to do this. It changes nothing before somebody approves that.";
  if (review) return "An agent is to review these changes. It changes nothing.";
  if (mends) return "An agent is to mend what a review has found.";
  if (node) return `An agent is to do this as the node ${code(node.id, 60)} of a team's plan.`;
  return undefined;
}
