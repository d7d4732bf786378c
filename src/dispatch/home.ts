/** On which host a task goes on: where the session or the work is kept that it needs. Pure. */
import type { HostView } from "../task/hosts.ts";
import { approvedPlan } from "../task/proposal.ts";
import type { Task } from "../task/task.ts";
import type { TaskSpec } from "../task/task-spec.ts";

/** The host without which it cannot go on, as that alone keeps the work of its plan. */
export const onlyHostOf = ({ node }: TaskSpec, task: Task | undefined): string | undefined =>
  node?.home ?? (task && approvedPlan(task) ? task.runs.at(-1)?.host : undefined);

/**
 * The host that keeps the session of a task's last run, if the same agent is to go on with it. A host that is silent may be
 * starting anew; one that has said goodbye, drains, or does not offer the agent any more is no home.
 */
export function homeOf({ runs }: Task, agent: string, hosts: readonly HostView[]): string | undefined {
  const last = runs.at(-1);
  if (last?.progress.home === undefined || last.progress.agent !== agent) return undefined;
  return takesFrom(last.host, agent, hosts);
}

type Kept = { retried?: Task | undefined; hosts: readonly HostView[]; now: number };

/** The host that keeps the work of the task that is tried again, where only publishing it did not succeed. */
export function keeperOf(agent: string, { retried, hosts, now }: Kept): string | undefined {
  const last = retried?.runs.at(-1);
  if (last?.checkpoint?.kind !== "objects" || !last.checkpoint.ready || last.checkpoint.until <= now) return undefined;
  return takesFrom(last.host, agent, hosts);
}

/** This host, if it takes work for the agent. */
export function takesFrom(id: string, agent: string, hosts: readonly HostView[]): string | undefined {
  const host = hosts.find((each) => each.id === id);
  return host && !host.draining && host.agents.includes(agent) ? id : undefined;
}
