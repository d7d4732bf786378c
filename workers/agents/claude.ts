/**
 * `kind: claude`: Claude Code, headless, `--output-format stream-json`. Flags, stream and exit codes as observed with
 * @anthropic-ai/claude-code 2.1.329 (docs/agents.md lists the traps).
 */
import type { Adapter, AgentDefinition, Launch, LaunchRun } from "./adapter.ts";
import { claudeParser } from "./claude-stream.ts";
import { definedEnv } from "./environment.ts";
import type { ErrorReason } from "./event.ts";
import { judgeByFinal } from "./verdict.ts";

/** Defaults that the operator's `env:` may change. Ten retries, its own default, can take minutes on a dead service. */
const quiet = { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1", DISABLE_AUTOUPDATER: "1", CLAUDE_CODE_MAX_RETRIES: "4" };

/**
 * Without `--dangerously-skip-permissions` a refused tool still ends with exit 0; the sandbox is what confines it here.
 * `--verbose` is required by stream-json under `-p`.
 */
function launch(agent: AgentDefinition, run: LaunchRun): Launch {
  return {
    command: [
      ...agent.command,
      "-p",
      "--output-format",
      "stream-json",
      "--verbose",
      "--dangerously-skip-permissions",
      ...(agent.model ? ["--model", agent.model] : []),
      ...(run.resume ? ["--resume", run.resume] : ["--session-id", run.sessionId]),
    ],
    env: { ...quiet, ...definedEnv(agent, run.env), CLAUDE_CONFIG_DIR: `${run.homeDir}/.claude` },
    files: [],
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
