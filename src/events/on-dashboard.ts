/** Somebody asks at the dashboard. Whoever operates Orch may everything; of everybody else GitHub is asked, as for a comment. */
import type { Command } from "../command/command.ts";
import { type Request, requestWhere } from "../intake/request.ts";
import type { SourceOf } from "../task/origin.ts";
import type { Actor, TaskSpec } from "../task/task-spec.ts";

export type DashboardAsks = {
  /** The operator's name, with the id of their account where they signed in with GitHub; or who it is at GitHub. */
  who: { operator: string; id?: number } | { actor: Actor };
  /** Tells this deed from all others. */
  key: string;
  command: Command;
  /** Unix ms. */
  now: number;
};

/** It says nothing of who asks: by their key alone the answer to a deed is found. */
export const sourceOfDashboard = (key: string, who?: DashboardAsks["who"]): SourceOf<"dashboard"> => ({
  kind: "dashboard",
  key,
  ...(who && "operator" in who && { by: who.operator, ...(who.id !== undefined && { byId: who.id }) }),
});

/** A request where an earlier task stands. */
export const requestOfDashboard = (task: TaskSpec, { who, key, command, now }: DashboardAsks): Request =>
  requestWhere(task, {
    source: sourceOfDashboard(key, who),
    ...("actor" in who && { actor: who.actor }),
    delivery: "operator" in who ? `dashboard, operator ${who.operator}` : `dashboard, ${who.actor.login}`,
    command,
    now,
  });
