/**
 * What living hosts offer to work: their agents with the models of these, the roles in which they work, and how many slots are free. It is what
 * the operator of each host allows, never what an agent says of itself. Pure.
 */
import { takingWork } from "../task/hosts.ts";
import { bare } from "../text/quote.ts";
import type { Around } from "./around.ts";
import { type HostName, hostName } from "./task-view.ts";
import { busyOn } from "./why.ts";

/** `roles`: those in which this agent works there. */
export type AgentOffer = { agent: string; model?: string; isDefault?: true; roles: { name: string; model?: string }[] };
export type HostOffer = { host: HostName; slots: number; free: number; agents: AgentOffer[] };

/** Of hosts that take new work; the newest beat first. */
export function offers({ hosts, tasks = [] }: Pick<Around, "hosts" | "tasks">): HostOffer[] {
  return takingWork(hosts).map((host) => {
    const { id, slots, agents, models = {}, roles = {}, defaultAgent } = host;
    const rolesOf = (agent: string) =>
      Object.entries(roles)
        .filter(([, offer]) => (offer.agent ?? defaultAgent) === agent)
        .map(([name, { model }]) => ({ name: bare(name, 60), ...(model !== undefined && { model: bare(model, 80) }) }));
    return {
      host: hostName(id, hosts),
      ...{ slots, free: Math.max(0, slots - busyOn(id, tasks)) },
      agents: agents.map((agent) => ({
        agent: bare(agent, 80),
        ...(models[agent] !== undefined && { model: bare(models[agent], 80) }),
        ...(agent === defaultAgent && { isDefault: true as const }),
        roles: rolesOf(agent),
      })),
    };
  });
}
