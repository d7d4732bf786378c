/**
 * Gemini CLI's stream-json lines -> common events. What it says arrives in pieces (`delta`), which are joined until
 * something else happens; a tool's result names only its call's id. Unknown lines mean nothing.
 */
import { z } from "zod";
import { oneLine } from "../../src/text/bound.ts";
import type { LineParser } from "./adapter.ts";
import { type AgentEvent, boundedText, type ErrorReason, logEvent, maxTextLength, textEvent } from "./event.ts";
import { jsonObject } from "./json-line.ts";
import { reasonOfStatus } from "./status.ts";
import { type ToolCalls, toolCalls } from "./tool-calls.ts";

const count = z.number().int().nonnegative().catch(0);

const lineSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("init"), session_id: z.string().min(1), model: z.string().optional() }),
  z.object({
    type: z.literal("message"),
    role: z.string(),
    content: z.string(),
    delta: z.boolean().optional(),
  }),
  z.object({
    type: z.literal("tool_use"),
    tool_name: z.string(),
    tool_id: z.string(),
    parameters: z.unknown().optional(),
  }),
  z.object({
    type: z.literal("tool_result"),
    tool_id: z.string(),
    status: z.string(),
    output: z.unknown().optional(),
    error: z.unknown().optional(),
  }),
  z.object({ type: z.literal("error"), severity: z.string().optional(), message: z.string() }),
  z.object({
    type: z.literal("result"),
    status: z.string(),
    error: z.object({ type: z.string().catch("unknown"), message: z.string().catch("") }).optional(),
    stats: z.object({ input_tokens: count, output_tokens: count, cached: count }).optional(),
  }),
]);

type GeminiLine = z.infer<typeof lineSchema>;
type Result = Extract<GeminiLine, { type: "result" }>;

/** How Node's fetch says that a connection could not be made, or that it ended in the middle of an answer. */
const BROKEN_CONNECTION = /\b(?:fetch failed|terminated)\b/;

/** `[API Error: {"error":{"code":401,…}}]`: the service's answer, quoted inside the message. */
function reasonOfError(error: Result["error"]): ErrorReason {
  if (error?.type === "FatalTurnLimitedError") return "turn_limit";
  if (error?.type === "FatalAuthenticationError") return "auth";
  if (error?.type === "FatalCancellationError") return "interrupted";
  const message = error?.message ?? "";
  const code = /"code":\s*(\d{3})\b/.exec(message)?.[1];
  if (code === undefined) return BROKEN_CONNECTION.test(message) ? "unreachable" : "crash";
  return reasonOfStatus(Number(code)) ?? "crash";
}

/** Usage is of this program's run only, also where it resumed a session; it knows no cost. */
function resultEvents(result: Result): AgentEvent[] {
  const events: AgentEvent[] = [];
  if (result.stats) {
    const { input_tokens: inputTokens, output_tokens: outputTokens, cached: cachedTokens } = result.stats;
    events.push({ type: "usage", inputTokens, outputTokens, cachedTokens, scope: "run" });
  }
  if (result.status === "success") events.push({ type: "final", ok: true });
  else {
    const message = boundedText(result.error?.message || result.status);
    events.push({ type: "final", ok: false, reason: reasonOfError(result.error), text: message });
  }
  return events;
}

/** Everything but what the agent says, which comes in pieces. */
function eventsOf(line: Exclude<GeminiLine, { type: "message" }>, calls: ToolCalls): AgentEvent[] {
  switch (line.type) {
    case "init":
      return [{ type: "session", sessionId: oneLine(line.session_id, 200), model: line.model }];
    case "tool_use":
      return [calls.begin({ id: line.tool_id, name: line.tool_name, parameters: line.parameters })];
    case "tool_result":
      return calls.end(line.tool_id, line.status === "success", line.output ?? line.error);
    case "error": {
      const message = boundedText(line.message);
      if (line.severity === "warning") return [{ type: "log", text: message }];
      return [{ type: "error", reason: reasonOfError({ type: "error", message }), message }];
    }
    case "result":
      return resultEvents(line);
  }
}

export function geminiParser(): LineParser {
  const calls = toolCalls();
  let said = "";

  const flush = (): AgentEvent[] => {
    const event = textEvent(said);
    said = "";
    return event ? [event] : [];
  };
  const hear = (message: Extract<GeminiLine, { type: "message" }>): AgentEvent[] => {
    if (message.role !== "assistant") return [];
    const before = message.delta ? [] : flush();
    said += message.content;
    return message.delta && said.length < maxTextLength ? before : [...before, ...flush()];
  };

  return {
    line(text) {
      const object = jsonObject(text);
      if (object === undefined) return [logEvent(text)].filter((event) => event !== undefined);
      const { data: line } = lineSchema.safeParse(object);
      if (line === undefined) return [];
      return line.type === "message" ? hear(line) : [...flush(), ...eventsOf(line, calls)];
    },
    end: flush,
  };
}
