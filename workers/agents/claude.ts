/**
 * `kind: claude`: Claude Code, headless, `--output-format stream-json`. Flags, stream and exit codes as observed with
 * @anthropic-ai/claude-code 2.1.329 (docs/agents.md lists the traps).
 */
import { type Adapter, type AgentDefinition, FEW_SUBAGENTS, type Launch, type LaunchRun } from "./adapter.ts";
import { claudeParser } from "./claude-stream.ts";
import { definedEnv } from "./environment.ts";
import type { ErrorReason } from "./event.ts";
import { type McpServer, OWN_SERVER, START_TIMEOUT_MS, TOOL_TIMEOUT_MS } from "./mcp.ts";
import { judgeByFinal } from "./verdict.ts";

/** Defaults that the operator's `env:` may change. Ten retries, its own default, can take minutes on a dead service. */
const quiet = {
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
  DISABLE_AUTOUPDATER: "1",
  CLAUDE_CODE_MAX_RETRIES: "4",
  CLAUDE_CODE_MAX_CONCURRENT_SUBAGENTS: String(FEW_SUBAGENTS.atOnce),
  CLAUDE_CODE_MAX_SUBAGENTS_PER_SESSION: String(FEW_SUBAGENTS.inSession),
  MCP_TIMEOUT: String(START_TIMEOUT_MS),
  MCP_TOOL_TIMEOUT: String(TOOL_TIMEOUT_MS),
};

/** By which it starts agents. `Agent` is another name of `Task`. */
const STARTS_AGENTS = ["Task", "Agent", "Workflow"];

/** Below its home. A file, because everybody on the machine can read arguments, and a server may be given a secret. */
const SERVERS_FILE = ".claude/mcp-servers.json";

/** None. Where there is a file, no setup command's takes its place. */
const OWN_SETTINGS = { path: ".claude/settings.json", content: "{}\n" };

/** `timeout` holds for a silent call, too. `alwaysLoad`: else a model has to search for a tool before it sees it. */
function serversFile(servers: readonly McpServer[]): string {
  const written = servers.map(({ name, command: [command, ...args], env, timeoutMs }) => {
    const server = { type: "stdio", command, args, env, timeout: timeoutMs };
    return [name, name === OWN_SERVER ? { ...server, alwaysLoad: true } : server];
  });
  return `${JSON.stringify({ mcpServers: Object.fromEntries(written) }, undefined, 2)}\n`;
}

/**
 * Of the settings in the repository none are read: they may name another service for the model, which would be sent the key, run programs
 * as hooks, or deny tools. Only its CLAUDE.md is, as that of one more folder; and none of its servers (`--strict-mcp-config`).
 */
function keptApart({ command }: AgentDefinition): { flags: string[]; env: Record<string, string> } {
  const chosen = command.some((word) => word.startsWith("--setting-sources"));
  if (chosen) return { flags: ["--strict-mcp-config"], env: {} };
  return {
    flags: ["--strict-mcp-config", "--setting-sources", "user", "--add-dir", "."],
    env: { CLAUDE_CODE_ADDITIONAL_DIRECTORIES_CLAUDE_MD: "1" },
  };
}

/**
 * Without `--dangerously-skip-permissions` a refused tool still ends with exit 0; the sandbox is what confines it here.
 * `--verbose` is required by stream-json under `-p`.
 */
function launch(agent: AgentDefinition, run: LaunchRun): Launch {
  const { mcp = [] } = run;
  const apart = keptApart(agent);
  return {
    command: [
      ...agent.command,
      "-p",
      "--output-format",
      "stream-json",
      "--verbose",
      "--dangerously-skip-permissions",
      ...apart.flags,
      ...(mcp.length > 0 ? ["--mcp-config", `${run.homeDir}/${SERVERS_FILE}`] : []),
      ...(agent.model ? ["--model", agent.model] : []),
      // Its model then knows nothing of them; a denied call would count as a failure.
      ...(run.subagents === "none" ? ["--disallowedTools", STARTS_AGENTS.join(",")] : []),
      // It stops by itself soon after; a session that it goes on with is counted from its beginning.
      ...(run.maxUsd === undefined ? [] : ["--max-budget-usd", run.maxUsd.toFixed(4)]),
      ...(run.resume ? ["--resume", run.resume] : ["--session-id", run.sessionId]),
    ],
    env: { ...quiet, ...apart.env, ...definedEnv(agent, run.env), CLAUDE_CONFIG_DIR: `${run.homeDir}/.claude` },
    files: [OWN_SETTINGS, ...(mcp.length > 0 ? [{ path: SERVERS_FILE, content: serversFile(mcp) }] : [])],
  };
}

/** It refuses its flags, its user and its missing login on its error output only, with exit 1. */
function reasonWithoutFinal({ stderrTail }: { stderrTail: string }): ErrorReason | undefined {
  if (/not logged in|invalid api key|\/login/i.test(stderrTail)) return "auth";
  return /root\/sudo privileges|unknown option|session id/i.test(stderrTail) ? "config" : undefined;
}

export const claude: Adapter = {
  kind: "claude",
  launch,
  parser: claudeParser,
  judge: (evidence) => judgeByFinal(evidence, reasonWithoutFinal),
  sessionPaths: () => [".claude/projects"],
  sessionNeedsPath: false,
};
