/**
 * Tool calls as events: each one in one short line that says what it is about, and its end found again by its id,
 * for an agent's result line names nothing else. The line leaves much out, so whether two calls are the same is told apart.
 */
import { createHash } from "node:crypto";
import { oneLine } from "../../src/text/bound.ts";
import type { AgentEvent } from "./event.ts";
import { mcpCall } from "./mcp-call.ts";

/** In this order: a shell call also has a description, but the command is the fact. */
const tellingNames = ["command", "file_path", "absolute_path", "path", "dir_path", "pattern", "query", "url", "prompt"];

const summaryLength = 200;

/** Parameters in one line: the file, the command, the question; else all of them, briefly. */
function toolSummary(parameters: unknown): string {
  if (typeof parameters !== "object" || parameters === null) return "";
  const values = parameters as Record<string, unknown>;
  for (const name of tellingNames) {
    const value = values[name];
    if (typeof value === "string" && value.trim() !== "") return oneLine(value, summaryLength);
  }
  const rest = Object.entries(values).map(([name, value]) => `${name}: ${brief(value)}`);
  return oneLine(rest.join(", "), summaryLength);
}

function brief(value: unknown): string {
  const shown = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  return shown.slice(0, summaryLength);
}

/** What was called, with what and by whom, and what came of it: equal texts, equal calls. */
function fingerprint(parts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
}

export type ToolCall = {
  id: string;
  name: string;
  parameters: unknown;
  /** Which of several that work side by side made it. */
  by?: string | undefined;
};

/** The calls that have begun and not ended. One that never ends stays; a program makes a few thousand at most. */
export type ToolCalls = {
  begin(call: ToolCall): AgentEvent;
  /** `result`: what the agent was told, whole. Nothing for an id that never began. */
  end(id: string, ok: boolean, result: unknown): AgentEvent[];
};

export function toolCalls(): ToolCalls {
  const open = new Map<string, { told: { type: "tool"; name: string; summary: string }; call: string }>();
  return {
    begin({ id, name, parameters, by }) {
      const mcp = mcpCall(name, parameters);
      const summary = mcp?.about === undefined ? toolSummary(parameters) : oneLine(mcp.about, summaryLength);
      const told = { type: "tool" as const, name: oneLine(mcp?.name ?? name, summaryLength), summary };
      open.set(id, { told, call: fingerprint([by, name, parameters]) });
      return { ...told, status: "started" };
    },
    end(id, ok, result) {
      const known = open.get(id);
      open.delete(id);
      if (!known) return [];
      return [{ ...known.told, status: ok ? "ok" : "failed", same: fingerprint([known.call, ok, result]) }];
    },
  };
}
