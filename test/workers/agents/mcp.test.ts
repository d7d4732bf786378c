import { describe, expect, it } from "vitest";
import type { AgentDefinition } from "../../../workers/agents/adapter.ts";
import { mcpServers, programsOf, shownPaths, TOOL_TIMEOUT_MS } from "../../../workers/agents/mcp.ts";
import { secretsOf } from "../../../workers/agents/secrets.ts";

const server = (command: string, more: object = {}) => ({
  command: [command],
  env: {},
  passEnv: [],
  readable: [],
  ...more,
});
const agent: AgentDefinition = {
  name: "gem",
  kind: "gemini",
  command: ["gemini"],
  env: {},
  passEnv: ["GEMINI_API_KEY"],
  readable: ["/opt/gem"],
  mcp: {
    docs: server("docs-server", {
      env: { MODE: "fast", DOCS_LOGIN: "$DOCS_TOKEN" },
      readable: ["/opt/docs", "/opt/gem"],
    }),
    search: server("/opt/search", { passEnv: ["SEARCH_API_KEY"], readable: ["/opt/search"] }),
  },
};
const host = {
  GEMINI_API_KEY: "the-models-key",
  DOCS_TOKEN: "the-docs-key",
  SEARCH_API_KEY: "the-search-key",
  OTHER: "x",
};
const own = { command: ["/run/orch/orch-agent", "mcp"], env: {}, timeoutMs: 5_000 };

describe("the MCP servers that an agent's CLI starts", () => {
  it("are Orch's own first, then the operator's, each with its own variables and none of the agent's", () => {
    expect(mcpServers(agent, host, own)).toEqual([
      { name: "orch", ...own },
      {
        name: "docs",
        command: ["docs-server"],
        env: { MODE: "fast", DOCS_LOGIN: "the-docs-key" },
        timeoutMs: TOOL_TIMEOUT_MS,
      },
      {
        name: "search",
        command: ["/opt/search"],
        env: { SEARCH_API_KEY: "the-search-key" },
        timeoutMs: TOOL_TIMEOUT_MS,
      },
    ]);
    expect(mcpServers({ ...agent, mcp: undefined } as AgentDefinition, host)).toEqual([]);
  });

  it("never are another one under the name of Orch's own", () => {
    const shadowed = { ...agent, mcp: { orch: server("impostor"), docs: server("docs-server") } };
    expect(mcpServers(shadowed, host, own).map(({ command }) => command[0])).toEqual([own.command[0], "docs-server"]);
    expect(mcpServers(shadowed, host).map(({ name }) => name)).toEqual(["docs"]);
  });

  it("have secrets that are blanked like the agent's", () => {
    expect(secretsOf(agent, host)).toEqual(["the-models-key", "the-search-key", "the-docs-key"]);
  });

  it("are shown what they need beside what the agent is", () => {
    expect(shownPaths(agent)).toEqual(["/opt/gem", "/opt/docs", "/opt/search"]);
  });

  it("are programs to look for, each in the PATH that it will have", () => {
    const elsewhere = { ...agent, mcp: { docs: server("docs-server", { env: { PATH: "/opt/docs/bin" } }) } };
    expect(programsOf(elsewhere, {}, "/usr/bin")).toMatchObject([
      { command: ["gemini"], path: "/usr/bin", missing: ["GEMINI_API_KEY"] },
      { what: "MCP server docs", command: ["docs-server"], path: "/opt/docs/bin", missing: [] },
    ]);
  });
});
