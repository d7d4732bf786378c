/** What a team's task takes along of its repository's file: which plans begin by themselves, how large one may be, and what is made of roles. */
import type { TaskSpec } from "../task/task-spec.ts";
import type { Wish } from "./wish.ts";

export function teamSpec({
  autoApproval,
  planLimits,
  roles = {},
}: Wish): Pick<TaskSpec, "team" | "autoApproval" | "planLimits" | "roles"> {
  const made = Object.entries(roles).map(([name, { off, agent }]) => [
    name,
    { ...(off && { off }), ...(agent !== undefined && { agent }) },
  ]);
  return {
    team: true,
    ...(autoApproval && { autoApproval }),
    ...(planLimits && { planLimits }),
    ...(made.length > 0 && { roles: Object.fromEntries(made) }),
  };
}
