/**
 * The agent's environment, built from empty: what the operator wrote for this agent and nothing of the host's own.
 */
import type { AgentDefinition } from "./adapter.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** Whatever is given an environment: an agent, or one of its MCP servers. */
type Defined = Pick<AgentDefinition, "env" | "passEnv">;

/** The host variable that a value of `env:` stands for, where it is written as `$NAME`. */
export function referredName(value: string): string | undefined {
  return /^\$([A-Za-z_][A-Za-z0-9_]*)$/.exec(value)?.[1];
}

/** passEnv first, then `env:` over it. Names that the host does not set are left out; `missingEnv` tells them. */
export function definedEnv(agent: Defined, host: Env): Record<string, string> {
  const built: Record<string, string> = {};
  for (const name of agent.passEnv) {
    const value = host[name];
    if (value !== undefined) built[name] = value;
  }
  for (const [name, written] of Object.entries(agent.env)) {
    const referred = referredName(written);
    const value = referred === undefined ? written : host[referred];
    if (value !== undefined) built[name] = value;
  }
  return built;
}

/** Names that the definition asks of the host's environment and that are not set there. */
export function missingEnv(agent: Defined, host: Env): string[] {
  const referred = Object.values(agent.env).flatMap((value) => referredName(value) ?? []);
  return [...new Set([...agent.passEnv, ...referred])].filter((name) => !host[name]);
}
