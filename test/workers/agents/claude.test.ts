import { describe, expect, it } from "vitest";
import type { AgentDefinition } from "../../../workers/agents/adapter.ts";
import { adapterFor } from "../../../workers/agents/adapters.ts";
import type { McpServer } from "../../../workers/agents/mcp.ts";
import { usageMeter } from "../../../workers/agents/usage.ts";
import { makeSpoken } from "../../../workers/run/step/spoken.ts";
import { eventsOf, evidenceOf, recording, TALKED_BACK } from "./recording.ts";

const claude = adapterFor("claude");

/** Exit codes as observed with each recording; the endless retries were ended from outside after 40 s. */
function verdictOf(name: string, exitCode: number, stderrTail = "") {
  return claude.judge(evidenceOf(eventsOf("claude", recording(`claude/${name}`), exitCode), exitCode, stderrTail));
}

describe("Claude Code's recorded streams", () => {
  it("tells a successful run: session, texts, one tool call, usage once, a final word", () => {
    const events = eventsOf("claude", recording("claude/success"), 0);
    expect(events).toEqual([
      {
        ...{ type: "session", sessionId: "21187199-6a54-428a-95f6-3a8169b1d6b0" },
        ...{ model: "claude-sonnet-4-5", version: "2.1.329" },
      },
      { type: "text", text: "I will create the file." },
      { type: "usage", inputTokens: 1200, outputTokens: 34, cachedTokens: 0, scope: "step" },
      { type: "tool", name: "Write", summary: "/workspace/hello.txt", status: "started" },
      { type: "tool", name: "Write", summary: "/workspace/hello.txt", status: "ok", same: expect.any(String) },
      { type: "text", text: "Done: wrote /workspace/hello.txt. (users=1)" },
      { type: "usage", inputTokens: 1200, outputTokens: 34, cachedTokens: 0, scope: "step" },
      { type: "usage", inputTokens: 2400, outputTokens: 68, cachedTokens: 0, costUsd: 0.00822, scope: "session" },
      { type: "final", ok: true, text: "Done: wrote /workspace/hello.txt. (users=1)" },
    ]);
    expect(verdictOf("success", 0)).toEqual({ ok: true });
  });

  it.each([
    ["resume", 0],
    ["mcp", 0],
    ["stream-json-input-two-turns", 0],
  ])("judges %s a success", (name, exitCode) => {
    expect(verdictOf(name, exitCode)).toEqual({ ok: true });
  });

  it.each([
    ["error-400", 1, "bad_request", "bad request here"],
    ["error-401-maxretries1", 1, "auth", "Invalid API key"],
    ["error-401", 143, "auth", "authentication_failed (HTTP 401)"],
    ["error-429", 143, "rate_limit", "rate_limit (HTTP 429)"],
    ["error-500", 143, "server", "server_error (HTTP 500)"],
    ["limit-max-turns", 1, "turn_limit", "Reached maximum number of turns (2)"],
    ["limit-budget", 1, "budget", "Reached maximum budget ($0.01)"],
    ["signal-cc", 0, "interrupted", "reported a failure"],
    ["signal-term", 143, "interrupted", "exit code 143"],
    ["signal-hup", 129, "interrupted", "exit code 129"],
  ])("judges %s with exit code %i a failure: %s", (name, exitCode, reason, words) => {
    const verdict = verdictOf(name, exitCode);
    expect(verdict).toMatchObject({ ok: false, reason });
    expect(verdict).toHaveProperty("message", expect.stringContaining(words));
  });

  it("shows no tool by which agents are started where they were not allowed, and shows them elsewhere", () => {
    const toolsOf = (name: string) => {
      const [first = ""] = recording(`claude/${name}`).toString().split("\n");
      return (JSON.parse(first) as { tools: string[] }).tools.filter((tool) => /^(Task|Agent|Workflow)$/.test(tool));
    };
    expect(toolsOf("success")).toEqual(["Task", "Workflow"]);
    expect(toolsOf("no-subagents")).toEqual([]);
  });

  it("does not believe a result that says success when the exit code does not", () => {
    expect(verdictOf("success", 143)).toMatchObject({ ok: false, reason: "interrupted" });
    expect(verdictOf("success", 1)).toMatchObject({ ok: false, reason: "crash" });
  });

  it("does not believe a success during which tools were denied", () => {
    const denied = recording("claude/success")
      .toString()
      .replace(
        '"permission_denials":[]',
        '"permission_denials":[{"tool_name":"Write","tool_use_id":"x","tool_input":{}}]',
      );
    expect(denied).toContain("tool_use_id");
    const verdict = claude.judge(evidenceOf(eventsOf("claude", Buffer.from(denied), 0), 0));
    expect(verdict).toMatchObject({ ok: false, reason: "denied", message: expect.stringContaining("Write") });
  });

  it("finds the reason in the error output when it refuses to start", () => {
    const asRoot = "--dangerously-skip-permissions cannot be used with root/sudo privileges for security reasons";
    expect(claude.judge(evidenceOf([], 1, asRoot))).toMatchObject({ ok: false, reason: "config" });
    expect(claude.judge(evidenceOf([], 1, "Not logged in · Please run /login"))).toMatchObject({ reason: "auth" });
  });

  it("tells each wait before a retry", () => {
    const retries = eventsOf("claude", recording("claude/error-429"), 143).filter((event) => event.type === "retry");
    expect(retries).toHaveLength(6);
    expect(retries[3]).toEqual({ type: "retry", reason: "rate_limit (HTTP 429)", attempt: 4, delayMs: 4574 });
  });

  it("tells a failed tool call as failed", () => {
    const tools = eventsOf("claude", recording("claude/signal-hup"), 129).filter((event) => event.type === "tool");
    expect(tools.map(({ status }) => status)).toEqual(["started", "failed"]);
  });

  it("counts a resumed session's tokens and cost once", () => {
    const meter = usageMeter();
    for (const name of ["success", "resume"]) {
      meter.begin();
      for (const event of eventsOf("claude", recording(`claude/${name}`), 0)) meter.add(event);
    }
    expect(meter.totals()).toEqual({
      inputTokens: 4800,
      outputTokens: 136,
      cachedTokens: 0,
      costUsd: expect.closeTo(0.01644, 8),
    });
  });

  it("counts a resumed session's cost as the version tells it: 2.1.197 tells each run's own", () => {
    const old = (name: string) => recording(`claude/${name}`).toString().replaceAll("2.1.329", "2.1.197");
    const meter = usageMeter();
    for (const output of [old("success"), old("success")]) {
      meter.begin();
      for (const event of eventsOf("claude", Buffer.from(output), 0)) meter.add(event);
    }
    expect(meter.totals()).toMatchObject({ inputTokens: 4800, costUsd: expect.closeTo(0.01644, 8) });
  });

  it("tells a call of an MCP tool by its server and its tool", () => {
    const events = eventsOf("claude", recording("claude/mcp"), 0);
    const call = { type: "tool", name: "orch: orch_note", summary: "text: note-claude" };
    expect(events.filter(({ type }) => type === "tool")).toMatchObject(
      ["started", "ok"].map((status) => ({ ...call, status })),
    );
  });

  it("tells calls of Orch's own tools by what the agent says by them, and marks the one that was refused", () => {
    const spoken = makeSpoken();
    for (const event of eventsOf("claude", recording("claude/talk-back"), 0)) spoken.hear(event);
    expect(spoken.lastLines().split("\n")).toEqual(TALKED_BACK);
    expect(verdictOf("talk-back", 0)).toEqual({ ok: true });
  });

  it("knows what a run used that was ended in the middle", () => {
    const meter = usageMeter();
    meter.begin();
    for (const event of eventsOf("claude", recording("claude/signal-hup"), 129)) meter.add(event);
    expect(meter.totals()).toEqual({ inputTokens: 1200, outputTokens: 34, cachedTokens: 0 });
  });
});

describe("starting Claude Code", () => {
  const agent: AgentDefinition = {
    name: "claude",
    kind: "claude",
    command: ["claude", "--max-turns", "50"],
    env: { CLAUDE_CODE_MAX_RETRIES: "1", CLAUDE_CONFIG_DIR: "/elsewhere" },
    passEnv: ["ANTHROPIC_API_KEY"],
    readable: [],
    model: "claude-sonnet-4-5",
  };
  const run = {
    homeDir: "/home/agent",
    sessionId: "3f0a2a3e-8f0c-4a44-9d1d-3f8f7c1a2b3c",
    env: { ANTHROPIC_API_KEY: "k", OTHER: "x" },
  };

  it("asks for a stream, names its session and keeps its state in the private home", () => {
    const launch = claude.launch(agent, run);
    expect(launch.command.slice(0, 4)).toEqual(["claude", "--max-turns", "50", "-p"]);
    expect(launch.command.join(" ")).toContain(`--model claude-sonnet-4-5 --session-id ${run.sessionId}`);
    expect(launch.env).toMatchObject({ ANTHROPIC_API_KEY: "k", CLAUDE_CODE_MAX_RETRIES: "1" });
    expect(launch.env.CLAUDE_CONFIG_DIR).toBe("/home/agent/.claude");
    expect(launch.env).not.toHaveProperty("OTHER");
  });

  it("starts few agents of its own, unless the operator says otherwise, and none where it is told so", () => {
    const few = { CLAUDE_CODE_MAX_CONCURRENT_SUBAGENTS: "3", CLAUDE_CODE_MAX_SUBAGENTS_PER_SESSION: "20" };
    expect(claude.launch(agent, run).env).toMatchObject(few);
    expect(claude.launch(agent, run).command).not.toContain("--disallowedTools");
    const more = { ...agent, env: { ...agent.env, CLAUDE_CODE_MAX_CONCURRENT_SUBAGENTS: "8" } };
    expect(claude.launch(more, run).env).toMatchObject({ ...few, CLAUDE_CODE_MAX_CONCURRENT_SUBAGENTS: "8" });
    const { command } = claude.launch(agent, { ...run, subagents: "none" });
    expect(command.join(" ")).toContain("--disallowedTools Task,Agent,Workflow --");
  });

  it("is told what its session may cost, where that is limited", () => {
    expect(claude.launch(agent, { ...run, maxUsd: 1.25 }).command.join(" ")).toContain("--max-budget-usd 1.2500 ");
    expect(claude.launch(agent, run).command).not.toContain("--max-budget-usd");
  });

  it("resumes by the session's id and then names no new one", () => {
    const { command } = claude.launch(agent, { ...run, resume: "old-session" });
    expect(command.join(" ")).toContain("--resume old-session");
    expect(command).not.toContain("--session-id");
  });

  const servers: McpServer[] = [
    { name: "orch", command: ["/run/orch/orch-agent", "mcp"], env: { ORCH_SOCKET: "/s" }, timeoutMs: 600_000 },
    { name: "docs", command: ["docs"], env: { DOCS_KEY: "a-secret" }, timeoutMs: 600_000 },
  ];

  it("gets its MCP servers by a file, never by an argument that everybody can read, and Orch's tools without a search", () => {
    const { command, files, env } = claude.launch(agent, { ...run, mcp: servers });
    const at = command.indexOf("--mcp-config");
    expect(command.slice(at, at + 3)).toEqual(["--mcp-config", "/home/agent/.claude/mcp-servers.json", "--model"]);
    const file = files.find(({ path }) => path === ".claude/mcp-servers.json");
    expect(JSON.parse(file?.content ?? "")).toEqual({
      mcpServers: {
        orch: {
          ...{ type: "stdio", command: "/run/orch/orch-agent", args: ["mcp"], env: { ORCH_SOCKET: "/s" } },
          ...{ timeout: 600_000, alwaysLoad: true },
        },
        docs: { type: "stdio", command: "docs", args: [], env: { DOCS_KEY: "a-secret" }, timeout: 600_000 },
      },
    });
    expect(JSON.stringify({ command, env })).not.toContain("a-secret");
    expect(env).toMatchObject({ MCP_TIMEOUT: "60000", MCP_TOOL_TIMEOUT: "600000" });
    expect(env).not.toHaveProperty("CLAUDE_CODE_MCP_AUTO_BACKGROUND_MS");
    expect(env).not.toHaveProperty("CLAUDE_AUTO_BACKGROUND_TASKS");
  });

  it("reads no settings and no servers of the repository, but its CLAUDE.md", () => {
    const { command, env, files } = claude.launch(agent, run);
    expect(command.join(" ")).toContain("--strict-mcp-config --setting-sources user --add-dir . --model");
    expect(command).not.toContain("--mcp-config");
    expect(env).toMatchObject({ CLAUDE_CODE_ADDITIONAL_DIRECTORIES_CLAUDE_MD: "1" });
    // What a setup command leaves in its home is the agent's, unless there is something already.
    expect(files).toEqual([{ path: ".claude/settings.json", content: "{}\n" }]);
  });

  it("reads them where the operator says so", () => {
    const trusting = { ...agent, command: ["claude", "--setting-sources=user,project"] };
    const { command } = claude.launch(trusting, run);
    expect(command.filter((word) => word.startsWith("--setting-sources"))).toEqual(["--setting-sources=user,project"]);
    expect(command).toContain("--strict-mcp-config");
  });
});
