/** The task of one try at a node, made of its plan and of the team's task. Pure: whoever makes it makes the same one. */
import type { Plan, PlanNode, Try } from "../task/plan.ts";
import type { Task } from "../task/task.ts";
import type { TaskSpec } from "../task/task-spec.ts";

/** `at`: when it starts, Unix ms. */
export function nodeSpecOf({ spec }: Task, plan: Plan, { node, at }: { node: PlanNode; at: number }): TaskSpec {
  const nth = node.tries.length;
  const [last, before] = node.tries.toReversed() as [Try, Try | undefined];
  const { agent, model } = node.choices?.[last.choice ?? 0] ?? {};
  const { installationId, repository, number, target, movedTo, conversation, priority, caps, actor } = spec;
  return {
    id: last.task,
    ...{ installationId, repository, number, title: node.title, target, conversation },
    origin: { kind: "node", plan: plan.id, node: node.id, try: nth },
    ...(movedTo && { movedTo }),
    ...(agent !== undefined && { agent }),
    ...(model !== undefined && { model }),
    role: node.role,
    node: {
      ...{ plan: plan.id, id: node.id, try: nth, home: plan.home ?? "" },
      ...(before && { before: before.task }),
      ...(spec.budget && { planBudget: spec.budget }),
      share: shareOf(plan),
    },
    ...(priority && { priority }),
    ...(node.budget && { budget: node.budget }),
    ...(caps && { caps }),
    ...(actor && { actor }),
    instruction: node.instruction,
    requestedAt: spec.requestedAt,
    acceptedAt: at,
  };
}

/** As many as may be at work at once may use it up together; of many nodes each has twice its part. */
function shareOf({ caps, nodes }: Plan): number {
  return Math.min(1, Math.max(1 / Math.max(1, nodes.length), Math.min(1 / caps.width, 2 / Math.max(1, nodes.length))));
}
