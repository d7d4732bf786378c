/**
 * Calls of MCP tools in words. CLIs name them by server and tool in one word (`mcp__orch__ask`, `mcp_orch_ask`); people are to read what the
 * agent said to Orch, or which server it used.
 */
import { OWN_SERVER } from "./mcp.ts";

/** Claude Code joins by two underscores, Gemini CLI by one; a server's name has none. */
const NAMES = [/^mcp__([a-z][a-z0-9-]*)__(.+)$/, /^mcp_([a-z][a-z0-9-]*)_(.+)$/];

/** What calling a tool of Orch's own amounts to, and which of its parameters says on what. */
const toOrch: Readonly<Record<string, { verb: string; about?: string }>> = {
  progress: { verb: "says:", about: "text" },
  checkpoint: { verb: "puts its work aside:", about: "summary" },
  finish: { verb: "hands in:", about: "title" },
  ask: { verb: "asks:", about: "question" },
  wait: { verb: "waits for the answer to", about: "questionId" },
  inbox: { verb: "looks for messages" },
};

export type McpCall = { name: string; about: string | undefined };

/** Undefined for every other tool. `about`: undefined where the parameters are to tell it as those of any tool do. */
export function mcpCall(toolName: string, parameters: unknown): McpCall | undefined {
  const [, server, tool] = NAMES.map((name) => name.exec(toolName)).find((found) => found !== null) ?? [];
  if (server === undefined || tool === undefined) return undefined;
  if (server !== OWN_SERVER) return { name: `${server}: ${tool}`, about: undefined };
  const known = Object.hasOwn(toOrch, tool) ? toOrch[tool] : undefined;
  if (!known) return { name: `orch: ${tool}`, about: undefined };
  return { name: known.verb, about: known.about === undefined ? "" : textOf(parameters, known.about) };
}

function textOf(parameters: unknown, name: string): string {
  const value = typeof parameters === "object" && parameters !== null ? Object.entries(parameters) : [];
  const [, text] = value.find(([key]) => key === name) ?? [];
  return typeof text === "string" ? text : "";
}
