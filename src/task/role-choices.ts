/**
 * Which agents a plan gives the work of a role to: the one that its repository names for the role, or else that the operator of its host has chosen
 * for it; should that fail, the next one of these, or the host's default agent. Pure.
 */
import type { RoleOffer } from "./hosts.ts";
import type { Choice } from "./plan.ts";

/** The first tries, and those after. */
const MOST_CHOICES = 2;

type Offering = { agents: readonly string[]; defaultAgent: string };

/** Undefined for a role without an agent of its own: whatever agent there is works in it. `wished`: the repository's. */
export function choicesFor(
  role: RoleOffer | undefined,
  { agents, defaultAgent }: Offering,
  wished?: string,
): Choice[] | undefined {
  const own = [wished, role?.agent].filter((agent) => agent !== undefined && agents.includes(agent));
  if (own.length === 0) return undefined;
  const all = [...new Set([...own, defaultAgent])].filter((agent) => agent !== undefined && agents.includes(agent));
  // The model belongs to the agent that the operator has chosen for the role.
  const modelOf = (agent: string) => (agent === role?.agent ? role.model : undefined);
  return all.slice(0, MOST_CHOICES).map((agent = "") => {
    const model = modelOf(agent);
    return { agent, ...(model !== undefined && { model }) };
  });
}
