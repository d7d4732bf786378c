/** Who in a plan is meant by a name: a node, all nodes of a role, the manager, or all that are not over. Pure. */
import { MANAGER } from "./message-shape.ts";
import { isNodeOver, nodeOf, type Plan, type PlanNode } from "./plan.ts";

/** What an agent calls all the others. */
const ALL = "all";

/** `nodes`: those that are not over, without who asks. `manager`: it, and nobody else. `none`: why nobody is meant. */
export type Recipients = { nodes: PlanNode[] } | { manager: true } | { none: string };

/** `asker`: the node that asks; none: the manager. A node's own id goes before a role of that name. */
export function recipientsOf(plan: Pick<Plan, "nodes">, to: string, asker?: string): Recipients {
  if (to === MANAGER) return asker === undefined ? { none: "You are the manager." } : { manager: true };
  const node = nodeOf(plan, to);
  if (node?.id === asker && node) return { none: "That is you." };
  if (node)
    return isNodeOver(node)
      ? { none: `Node ${to} is over (${node.state.name}): nobody works on it any more.` }
      : { nodes: [node] };
  const named = plan.nodes.filter((each) => (to === ALL || each.role === to) && each.id !== asker);
  const nodes = named.filter((each) => !isNodeOver(each));
  if (nodes.length > 0) return { nodes };
  if (named.length > 0 || to === ALL) return { none: "None of these works any more." };
  const known = plan.nodes.filter((each) => !isNodeOver(each) && each.id !== asker);
  const roles = [...new Set(known.map(({ role }) => role))].filter((role) => !nodeOf(plan, role));
  return {
    none: `There is no ${to} in your plan. There are: ${[...known.map(({ id }) => id), ...roles, MANAGER, ALL].join(", ")}.`,
  };
}
