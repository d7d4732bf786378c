import { describe, expect, it } from "vitest";
import type { AgentDefinition } from "../../../workers/agents/adapter.ts";
import { adapterFor } from "../../../workers/agents/adapters.ts";
import type { McpServer } from "../../../workers/agents/mcp.ts";
import { makeSpoken } from "../../../workers/run/step/spoken.ts";
import { eventsOf, evidenceOf, recording, TALKED_BACK } from "./recording.ts";

const gemini = adapterFor("gemini");

function verdictOf(name: string, exitCode: number, stderrTail = "") {
  return gemini.judge(evidenceOf(eventsOf("gemini", recording(`gemini/${name}`), exitCode), exitCode, stderrTail));
}

describe("Gemini CLI's recorded streams", () => {
  it("tells a successful run and joins the pieces of what was said", () => {
    expect(eventsOf("gemini", recording("gemini/success"), 0)).toEqual([
      { type: "session", sessionId: "ca9f6104-7fde-41e7-8f0a-1dba351073de", model: "gemini-2.5-pro" },
      { type: "text", text: "I will create the file." },
      { type: "tool", name: "write_file", summary: "/workspace/hello.txt", status: "started" },
      { type: "tool", name: "write_file", summary: "/workspace/hello.txt", status: "ok", same: expect.any(String) },
      { type: "text", text: "Done: wrote /workspace/hello.txt. (users=1)" },
      { type: "usage", inputTokens: 2400, outputTokens: 68, cachedTokens: 0, scope: "run" },
      { type: "final", ok: true },
    ]);
  });

  it("tells calls of Orch's own tools by what the agent says by them, and marks the one that was refused", () => {
    const spoken = makeSpoken();
    for (const event of eventsOf("gemini", recording("gemini/talk-back"), 0)) spoken.hear(event);
    expect(spoken.lastLines().split("\n")).toEqual(TALKED_BACK);
    expect(verdictOf("talk-back", 0)).toEqual({ ok: true });
  });

  it.each(["success", "resume", "mcp"])("judges %s a success", (name) => {
    expect(verdictOf(name, 0)).toEqual({ ok: true });
  });

  it.each([
    ["error-400", 144, "bad_request"],
    ["error-401", 145, "auth"],
    ["limit-max-turns", 53, "turn_limit"],
    // Ctrl-C and, without its launcher, SIGTERM: exit code 0 and no result.
    ["signal-cc", 0, "interrupted"],
    ["signal-term", 0, "interrupted"],
    ["signal-hup", 129, "interrupted"],
    // It retried without a word and was ended from outside.
    ["error-429", 143, "interrupted"],
    ["error-500", 143, "interrupted"],
  ])("judges %s with exit code %i a failure: %s", (name, exitCode, reason) => {
    expect(verdictOf(name, exitCode)).toMatchObject({ ok: false, reason });
  });

  it.each([
    [145, "auth"],
    [144, "bad_request"],
    [173, "rate_limit"],
    [244, "server"],
    [41, "auth"],
    [55, "config"],
    [53, "turn_limit"],
    [127, "config"],
    [137, "interrupted"],
    [1, "crash"],
  ])("knows what exit code %i without any output means: %s", (exitCode, reason) => {
    expect(gemini.judge(evidenceOf([], exitCode))).toMatchObject({ ok: false, reason });
  });

  it("finds in the error output how the service answered while it retried in silence", () => {
    const first = "Attempt 1 failed with status 429. Retrying with backoff...";
    const second = '_ApiError: {"error":{"code":503,"message":"overloaded"}}';
    expect(verdictOf("error-429", 143, first)).toMatchObject({ ok: false, reason: "rate_limit" });
    expect(verdictOf("error-429", 0, `${first}\n${second}\n`)).toMatchObject({ ok: false, reason: "server" });
  });

  it.each(["[API Error: terminated]", "[API Error: exception TypeError: fetch failed sending request]"])(
    "takes a connection to the service that broke for one that cannot be reached: %s",
    (message) => {
      const result = JSON.stringify({ type: "result", status: "error", error: { type: "unknown", message } });
      const events = eventsOf("gemini", Buffer.from(`${result}\n`), 1);
      expect(gemini.judge(evidenceOf(events, 1))).toMatchObject({ ok: false, reason: "unreachable" });
    },
  );

  it("says what was being said when the program ended in the middle of it", () => {
    const cut = '{"type":"message","role":"assistant","content":"half a sen","delta":true}\n';
    expect(eventsOf("gemini", Buffer.from(cut), 137)).toEqual([{ type: "text", text: "half a sen" }]);
  });
});

describe("starting Gemini CLI", () => {
  const agent: AgentDefinition = {
    name: "gemini",
    kind: "gemini",
    command: ["gemini"],
    env: { GEMINI_CLI_NO_RELAUNCH: "false" },
    passEnv: ["GEMINI_API_KEY"],
    readable: [],
  };
  const run = {
    homeDir: "/home/agent",
    sessionId: "3f0a2a3e-8f0c-4a44-9d1d-3f8f7c1a2b3c",
    env: { GEMINI_API_KEY: "k" },
  };

  it("trusts the folder, runs as one process and gets its settings as a file in its own home", () => {
    const launch = gemini.launch(agent, run);
    expect(launch.command).toEqual(expect.arrayContaining(["--yolo", "--skip-trust", "--session-id", run.sessionId]));
    expect(launch.env).toMatchObject({
      ...{ GEMINI_API_KEY: "k", GEMINI_CLI_HOME: "/home/agent", GEMINI_CLI_NO_RELAUNCH: "true" },
    });
    expect(launch.files.map(({ path }) => path)).toEqual([".gemini/settings.json"]);
    expect(JSON.parse(launch.files[0]?.content ?? "")).toMatchObject({
      security: { auth: { selectedType: "gemini-api-key" } },
      privacy: { usageStatisticsEnabled: false },
    });
  });

  it("starts agents of its own as it likes, for it takes no number, and none where it is told so", () => {
    const settingsOf = (subagents: "few" | "none") =>
      JSON.parse(gemini.launch(agent, { ...run, subagents }).files[0]?.content ?? "");
    expect(settingsOf("few")).not.toHaveProperty("experimental");
    expect(settingsOf("none")).toMatchObject({
      experimental: { enableAgents: false },
      tools: { exclude: ["invoke_agent"] },
    });
  });

  it("gets its MCP servers by its settings, and starts no other", () => {
    const mcp: McpServer[] = [
      { name: "orch", command: ["/run/orch/orch-agent", "mcp"], env: { ORCH_SOCKET: "/s" }, timeoutMs: 600_000 },
      { name: "docs", command: ["docs"], env: {}, timeoutMs: 600_000 },
    ];
    const { command, files } = gemini.launch(agent, { ...run, mcp });
    const common = { timeout: 600_000, trust: true };
    expect(JSON.parse(files[0]?.content ?? "").mcpServers).toEqual({
      orch: { command: "/run/orch/orch-agent", args: ["mcp"], env: { ORCH_SOCKET: "/s" }, ...common },
      docs: { command: "docs", args: [], env: {}, ...common },
    });
    expect(command.join(" ")).toContain("--allowed-mcp-server-names orch,docs ");
    expect(gemini.launch(agent, run).command.join(" ")).toContain("--allowed-mcp-server-names orch ");
  });

  it("leaves no name of a service for a file of the repository to set, but those of the operator", () => {
    expect(gemini.launch(agent, run).env).toMatchObject({ GOOGLE_GEMINI_BASE_URL: "", GOOGLE_VERTEX_BASE_URL: "" });
    const set = { ...agent, env: { GOOGLE_GEMINI_BASE_URL: "http://model.example" } };
    expect(gemini.launch(set, run).env).toMatchObject({ GOOGLE_GEMINI_BASE_URL: "http://model.example" });
  });
});
