/**
 * Which agents a plan gives the work of a role to: the one that the operator of its host has chosen for the role, and should that fail, the host's
 * default agent, where that is another one. Pure.
 */
import type { RoleOffer } from "./heartbeat.ts";
import type { Choice } from "./plan.ts";

type Offering = { agents: readonly string[]; defaultAgent: string };

/** Undefined for a role without an agent of its own: whatever agent there is works in it. */
export function choicesFor(
  role: RoleOffer | undefined,
  { agents, defaultAgent: other }: Offering,
): Choice[] | undefined {
  if (role?.agent === undefined || !agents.includes(role.agent)) return undefined;
  const { agent, model } = role;
  const first = { agent, ...(model !== undefined && { model }) };
  return other === agent || !agents.includes(other) ? [first] : [first, { agent: other }];
}
