/**
 * The MCP servers that an agent's CLI is told of: Orch's own, by which the agent talks back, and the operator's. The CLI starts
 * each as its child, inside the agent's sandbox, and speaks with it on its standard input and output.
 */
import type { AgentDefinition } from "./adapter.ts";
import { definedEnv, missingEnv } from "./environment.ts";
import type { AgentKind } from "./kinds.ts";

/** A program that offers tools, as a CLI is told to start it. `env`: beside what the CLI hands on of its own environment. */
export type McpServer = { name: string; command: readonly string[]; env: Record<string, string>; timeoutMs: number };

/** As the operator's file defines one. `readable`: absolute paths that the agent's sandbox shows read-only for its sake. */
export type McpDefinition = { command: string[]; env: Record<string, string>; passEnv: string[]; readable: string[] };

/** The name of Orch's own server, which no other bears. */
export const OWN_SERVER = "orch";

/** The longest that one call may take: some CLIs give up after a minute where nobody says more. */
export const TOOL_TIMEOUT_MS = 600_000;

/** The longest that a server may take to come up: one that an `npx` has to unpack first is slow. */
export const START_TIMEOUT_MS = 60_000;

type Env = Readonly<Record<string, string | undefined>>;

/** All of a launch. `own`: Orch's, first and under its name, whatever else there is. */
export function mcpServers({ mcp = {} }: AgentDefinition, host: Env, own?: Omit<McpServer, "name">): McpServer[] {
  const theirs = Object.entries(mcp)
    .filter(([name]) => name !== OWN_SERVER)
    .map(([name, server]) => ({
      name,
      command: server.command,
      env: definedEnv(server, host),
      timeoutMs: TOOL_TIMEOUT_MS,
    }));
  return own ? [{ ...own, name: OWN_SERVER }, ...theirs] : theirs;
}

/** Whether agents of this kind start MCP servers: the others have no setting for it that we know of. */
export const takesMcp = (kind: AgentKind): boolean => kind === "claude" || kind === "gemini";

/** What the agent's sandbox shows read-only for the sake of its servers. */
export const serversReadable = ({ mcp = {} }: Pick<AgentDefinition, "mcp">): string[] =>
  Object.values(mcp).flatMap(({ readable }) => readable);

/** All paths of the host that the agent and its servers are shown, each once. */
export const shownPaths = (agent: Pick<AgentDefinition, "readable" | "mcp">): string[] => [
  ...new Set([...agent.readable, ...serversReadable(agent)]),
];

/** A program of an agent, for whoever looks whether it can be started. `what`: undefined for the agent's own. */
export type AgentProgram = {
  what?: string;
  command: readonly string[];
  readable: readonly string[];
  missing: string[];
  path: string;
};

/** The agent's own program and its servers'. `path`: the PATH that the agent will have. */
export function programsOf(agent: AgentDefinition, host: Env, path: string): AgentProgram[] {
  const { command, readable, mcp = {} } = agent;
  const servers = Object.entries(mcp).map(([name, server]) => ({
    what: `MCP server ${name}`,
    command: server.command,
    readable: server.readable,
    missing: missingEnv(server, host),
    path: definedEnv(server, host).PATH ?? path,
  }));
  return [{ command, readable, missing: missingEnv(agent, host), path }, ...servers];
}
