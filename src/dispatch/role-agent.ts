/**
 * Which agent works on a task in its role: the one that somebody has named, be it whoever asks, the repository for that role or a plan; else the one that
 * the operators have chosen for it; else as for any other task. Pure.
 */
import { type HostView, takingWork } from "../task/hosts.ts";
import { roleNameOf } from "../task/role-name.ts";
import type { Task } from "../task/task.ts";
import type { TaskSpec } from "../task/task-spec.ts";
import { agentBehind } from "./behind.ts";

type World = { hosts: readonly HostView[]; first?: Task | undefined };

export function wishFor(spec: TaskSpec, { hosts, first }: World): string | undefined {
  // Of a node the plan has chosen, try by try.
  const named = spec.agentNamed || spec.agentOfRole || spec.node ? spec.agent : undefined;
  return named ?? chosenFor(roleNameOf(spec), hosts) ?? agentBehind(spec, first);
}

function chosenFor(role: string | undefined, hosts: readonly HostView[]): string | undefined {
  return role === undefined ? undefined : agentOfMostSlots(takingWork(hosts), ({ roles }) => roles?.[role]?.agent);
}

/** Where operators differ, the agent that most slots take; of several the first by name, so that all bots agree. */
export function agentOfMostSlots(
  hosts: readonly HostView[],
  agentOn: (host: HostView) => string | undefined,
): string | undefined {
  const slots = new Map<string, number>();
  for (const host of hosts) {
    const agent = agentOn(host);
    if (agent !== undefined && host.agents.includes(agent)) slots.set(agent, (slots.get(agent) ?? 0) + host.slots);
  }
  const [most] = [...slots].sort(([one, few], [other, many]) => many - few || (one < other ? -1 : 1));
  return most?.[0];
}
