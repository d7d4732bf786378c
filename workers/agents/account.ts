/**
 * Which account an agent works on: a name made of what it is given to sign in and of where it does. The same on all hosts that give it
 * the same; nothing can be read from it.
 */
import { createHash } from "node:crypto";
import type { AgentDefinition } from "./adapter.ts";
import { definedEnv } from "./environment.ts";

export function accountOf(agent: AgentDefinition, env: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(definedEnv(agent, env)).sort(([one], [other]) => (one < other ? -1 : 1));
  const { PATH: _, ...signs } = Object.fromEntries(given);
  return createHash("sha256")
    .update(JSON.stringify(["orch account", agent.kind, signs]))
    .digest("hex")
    .slice(0, 16);
}
