/**
 * Tool calls as events: each one in one short line that says what it is about, and its end found again by its id,
 * for an agent's result line names nothing else.
 */

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

/** The calls that have begun and not ended. One that never ends stays; a program makes a few thousand at most. */
export type ToolCalls = {
  begin(id: string, name: string, parameters: unknown): AgentEvent;
  /** Nothing for an id that never began. */
  end(id: string, ok: boolean): AgentEvent[];
};

export function toolCalls(): ToolCalls {
  const open = new Map<string, { type: "tool"; name: string; summary: string }>();
  return {
    begin(id, name, parameters) {
      const mcp = mcpCall(name, parameters);
      const summary = mcp?.about === undefined ? toolSummary(parameters) : oneLine(mcp.about, summaryLength);
      const call = { type: "tool" as const, name: oneLine(mcp?.name ?? name, summaryLength), summary };
      open.set(id, call);
      return { ...call, status: "started" };
    },
    end(id, ok) {
      const call = open.get(id);
      open.delete(id);
      return call ? [{ ...call, status: ok ? "ok" : "failed" }] : [];
    },
  };
}
