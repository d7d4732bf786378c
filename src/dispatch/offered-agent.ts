/** Whether the agent that is to work on a task can be had: some host offers it now, or has lately, or none does. Pure. */
import { type HostView, takingWork } from "../task/hosts.ts";
import type { Routing } from "../task/routing.ts";
import { agentOfMostSlots } from "./role-agent.ts";

type World = { hosts: readonly HostView[]; offered: readonly string[] };

/** `absent`: nobody offers it now; without a name nobody offers any. `unknown`: nobody has for long. */
type Agent = { kind: "offered"; name: string } | { kind: "absent"; name?: string } | { kind: "unknown"; name: string };

/** `wish`: its name; undefined: what a task gets where nobody has named one. */
export function agentFor(wish: string | undefined, { hosts, offered }: World): Agent {
  const taking = takingWork(hosts);
  const name = wish ?? agentOfMostSlots(taking, ({ defaultAgent }) => defaultAgent);
  if (name === undefined) return { kind: "absent" };
  if (taking.some(({ agents }) => agents.includes(name))) return { kind: "offered", name };
  // Where no host has ever been, one with the agent may be the first to come.
  if (offered.length > 0 && !offered.includes(name)) return { kind: "unknown", name };
  return { kind: "absent", name };
}

/** Advice is only told. */
export const routedTo = (routing: Routing | undefined): string | undefined =>
  routing?.mode === "route" ? routing.chosen : undefined;
