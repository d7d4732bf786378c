/** Where a revision goes beyond what was approved, in words for whoever decides, and for the manager that wanted it. Names and globs are agents' words. */
import { amountsWords } from "../text/budget.ts";
import type { Quoting } from "../text/quote.ts";
import type { Exceeds } from "./asked-shape.ts";

const SHOWN = 20;

export function exceedsReasons(
  { nodes, scopes, roles, servers, budget, small, stopped }: Exceeds,
  { code, plain }: Quoting,
): string[] {
  const list = (names: readonly string[]) =>
    `${names
      .slice(0, SHOWN)
      .map((name) => code(name, 80))
      .join(", ")}${names.length > SHOWN ? ` and ${names.length - SHOWN} more` : ""}`;
  return [
    ...(stopped
      ? [
          `${code(stopped.node, 40)} could not be done, and the plan leaves to a person what becomes of it: ${plain(stopped.why, 600)}`,
        ]
      : []),
    ...(nodes
      ? [`The plan would have ${nodes.would} nodes, and without a person's word it may have ${nodes.most}.`]
      : []),
    ...(scopes ? [`It would change files that no node of the plan might change so far: ${list(scopes)}.`] : []),
    ...(roles ? [`It would use roles that the plan has not used so far: ${list(roles)}.`] : []),
    ...(servers ? [`It would start servers that the plan has not started so far: ${list(servers)}.`] : []),
    ...(budget ? [`Too little is left for it: the whole plan would have to be given ${amountsWords(budget)}.`] : []),
    ...(small ? ["It would be more than the repository lets a plan be that nobody has to approve."] : []),
  ];
}
