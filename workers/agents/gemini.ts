/**
 * `kind: gemini`: Gemini CLI, headless, `-o stream-json`. Flags, settings, stream and exit codes as observed with
 * @google/gemini-cli 0.61.0 (docs/agents.md lists the traps that the settings below avoid).
 */
import type { Adapter, AgentDefinition, Evidence, Launch, LaunchRun, Subagents } from "./adapter.ts";
import { definedEnv } from "./environment.ts";
import type { ErrorReason } from "./event.ts";
import { geminiParser } from "./gemini-stream.ts";
import { type McpServer, OWN_SERVER } from "./mcp.ts";
import { reasonOfStatus } from "./status.ts";
import { judgeByFinal } from "./verdict.ts";

/**
 * Without `selectedType` a custom base URL makes the program choose an authentication that it then refuses (exit 41).
 * Updates and statistics are off: the run must not change the program nor speak to anybody but the model.
 */
function settings(env: Record<string, string>, servers: readonly McpServer[], subagents: Subagents): string {
  const vertex = env.GOOGLE_GENAI_USE_VERTEXAI === "true";
  return `${JSON.stringify(
    {
      security: { auth: { selectedType: vertex ? "vertex-ai" : "gemini-api-key" } },
      general: { enableAutoUpdate: false, enableAutoUpdateNotification: false },
      privacy: { usageStatisticsEnabled: false },
      telemetry: { enabled: false },
      ...(subagents === "none" && WITHOUT_SUBAGENTS),
      mcpServers: Object.fromEntries(servers.map((server) => [server.name, serverSettings(server)])),
    },
    undefined,
    2,
  )}\n`;
}

/** It takes no number: all that it would start, or none. Without agents it would still offer the tool that starts them. */
const WITHOUT_SUBAGENTS = { experimental: { enableAgents: false }, tools: { exclude: ["invoke_agent"] } };

/** `trust`: no call is asked about. `timeout` is that of one call; nothing extends it. */
function serverSettings({ command: [command, ...args], env, timeoutMs }: McpServer) {
  return { command, args, env, timeout: timeoutMs, trust: true };
}

/**
 * Set, if only to nothing, because a `.gemini/.env` in the repository sets what is not: it would name another service for the model, which
 * would be sent the key.
 */
const services = { GOOGLE_GEMINI_BASE_URL: "", GOOGLE_VERTEX_BASE_URL: "" };

/** `--skip-trust`: a folder that the program has not seen before ends it with exit 55 and takes `--yolo` back. */
function launch(agent: AgentDefinition, run: LaunchRun): Launch {
  const { mcp = [], subagents = "few" } = run;
  const defined = definedEnv(agent, run.env);
  return {
    command: [
      ...agent.command,
      "--output-format",
      "stream-json",
      "--yolo",
      "--skip-trust",
      // And none that a setting in the repository or an extension names.
      ...["--allowed-mcp-server-names", [...new Set([OWN_SERVER, ...mcp.map(({ name }) => name)])].join(",")],
      ...(agent.model ? ["--model", agent.model] : []),
      ...(run.resume ? ["--resume", run.resume] : ["--session-id", run.sessionId]),
    ],
    env: {
      ...services,
      ...defined,
      GEMINI_CLI_HOME: run.homeDir,
      // One process instead of a launcher with a child: a launcher swallows SIGTERM while a tool runs.
      GEMINI_CLI_NO_RELAUNCH: "true",
    },
    files: [{ path: ".gemini/settings.json", content: settings(defined, mcp, subagents) }],
  };
}

/** The program's own codes (its FatalError classes), where it ends before or without a result. */
const ownExitCodes: Readonly<Record<number, ErrorReason>> = {
  41: "auth",
  42: "bad_request",
  44: "config",
  52: "config",
  53: "turn_limit",
  54: "crash",
  55: "config",
  130: "interrupted",
};

/**
 * An HTTP error of the model's service becomes the exit code, modulo 256: 401 -> 145, 400 -> 144. The codes of signals
 * that end programs (129, 130, 131, 137, 143) name no error status that services use, so the two do not meet.
 */
function reasonWithoutFinal({ exitCode, stderrTail }: Evidence): ErrorReason | undefined {
  const own = ownExitCodes[exitCode];
  if (own) return own;
  if (exitCode >= 144 && exitCode <= 255) {
    const reason = reasonOfStatus(exitCode + 256);
    if (reason) return reason;
  }
  // It retries without a word on its output: how the service answered stands in its error output, the last time last.
  const told = [...stderrTail.matchAll(/\bstatus (\d{3})\b|"code":\s*(\d{3})\b/g)].at(-1);
  return told ? reasonOfStatus(Number(told[1] ?? told[2])) : undefined;
}

export const gemini: Adapter = {
  kind: "gemini",
  launch,
  parser: geminiParser,
  judge: (evidence) => judgeByFinal(evidence, reasonWithoutFinal),
  // A list of folders by their path, and the chats of each.
  sessionPaths: () => [".gemini/projects.json", ".gemini/tmp"],
  sessionNeedsPath: true,
};
