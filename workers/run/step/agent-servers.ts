/** The MCP servers of a run's agent: the one place that both its start and the files in its home take them from. */
import { basename } from "node:path";
import { type McpServer, mcpServers, TOOL_TIMEOUT_MS } from "../../agents/mcp.ts";
import { seenFrom } from "../../talk-back/talk-place.ts";
import type { Place } from "../ground.ts";
import type { Run, Shared } from "../run.ts";

const ENV = "/usr/bin/env";

export function agentServers(shared: Shared, run: Run, { agent }: Pick<Place, "agent">): McpServer[] {
  return mcpServers(agent, shared.env, ownServer(shared, run));
}

/**
 * By its absolute path, and from an environment with nothing else in it: a file of the repository may set variables for what its CLI starts,
 * by which Perl would load a program of the repository's. Undefined where agents cannot talk back.
 */
function ownServer({ driver, talk }: Shared, run: Run): Omit<McpServer, "name"> | undefined {
  if (!talk) return undefined;
  const { env, bridge } = seenFrom(driver, talk, basename(run.folder.dir));
  const given = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return { command: [ENV, "-i", ...given, ...bridge], env: {}, timeoutMs: TOOL_TIMEOUT_MS };
}
