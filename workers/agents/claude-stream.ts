/**
 * Claude Code's stream-json lines -> common events. One line holds one content block, so a message's id and usage
 * repeat; each message is counted once. What its `result` counts depends on the version (`claude-result.ts`).
 */
import { z } from "zod";
import { oneLine } from "../../src/text/bound.ts";
import type { LineParser } from "./adapter.ts";
import { resultEvents, resultSchema, usageScope } from "./claude-result.ts";
import { type AgentEvent, boundedText, type ErrorReason, logEvent, textEvent } from "./event.ts";
import { jsonObject } from "./json-line.ts";
import { reasonOfStatus } from "./status.ts";
import { type ToolCalls, toolCalls } from "./tool-calls.ts";

const count = z.number().int().nonnegative().nullish().catch(undefined);

const blockSchema = z.object({
  type: z.string(),
  text: z.string().optional(),
  id: z.string().optional(),
  name: z.string().optional(),
  input: z.unknown().optional(),
  tool_use_id: z.string().optional(),
  is_error: z.boolean().optional(),
  content: z.unknown().optional(),
});
const contentSchema = z
  .union([z.array(z.unknown()), z.string()])
  .optional()
  .catch(undefined);

const systemSchema = z.object({
  subtype: z.string(),
  session_id: z.string().optional(),
  model: z.string().optional(),
  claude_code_version: z.string().optional().catch(undefined),
  attempt: count,
  retry_delay_ms: z.number().nonnegative().nullish().catch(undefined),
  error_status: z.number().nullish().catch(undefined),
  error: z.string().nullish().catch(undefined),
});
const messageSchema = z.object({
  message: z.object({
    id: z.string().optional(),
    content: contentSchema,
    usage: z
      .object({
        input_tokens: count,
        output_tokens: count,
        cache_read_input_tokens: count,
        cache_creation_input_tokens: count,
      })
      .optional()
      .catch(undefined),
  }),
  is_api_error_message: z.boolean().optional().catch(undefined),
  api_error_status: z.number().nullish().catch(undefined),
  /** Of a sub-agent's message: the call that started it. */
  parent_tool_use_id: z.string().nullish().catch(undefined),
});

type Message = z.infer<typeof messageSchema>;

function blocksOf(content: z.infer<typeof contentSchema>): z.infer<typeof blockSchema>[] {
  if (!Array.isArray(content)) return [];
  return content.flatMap((block) => blockSchema.safeParse(block).data ?? []);
}

/** What one message used. `input_tokens` leaves out what a cache read or wrote; ours counts all that was read. */
function stepUsage({ message: { usage } }: Message): AgentEvent[] {
  if (!usage) return [];
  const cachedTokens = usage.cache_read_input_tokens ?? 0;
  const inputTokens = (usage.input_tokens ?? 0) + cachedTokens + (usage.cache_creation_input_tokens ?? 0);
  const outputTokens = usage.output_tokens ?? 0;
  if (inputTokens + outputTokens === 0) return [];
  return [{ type: "usage", inputTokens, outputTokens, cachedTokens, scope: "step" }];
}

/** What the lines so far leave to remember. */
type Heard = {
  calls: ToolCalls;
  counted: Set<string>;
  version?: string | undefined;
  retrying?: { reason: ErrorReason; message: string };
};

function systemEvents(object: Record<string, unknown>, heard: Heard): AgentEvent[] {
  const { data } = systemSchema.safeParse(object);
  if (data?.subtype === "init" && data.session_id) {
    heard.version = data.claude_code_version;
    const version = data.claude_code_version === undefined ? {} : { version: oneLine(data.claude_code_version, 60) };
    return [{ type: "session", sessionId: oneLine(data.session_id, 200), model: data.model, ...version }];
  }
  if (data?.subtype !== "api_retry") return [];
  const status = data.error_status ?? undefined;
  const told = `${data.error ?? "unknown error"}${status === undefined ? "" : ` (HTTP ${status})`}`;
  const message = oneLine(told, 500);
  heard.retrying = { reason: reasonOfStatus(status ?? 500) ?? "server", message };
  const [attempt, delayMs] = [data.attempt ?? undefined, data.retry_delay_ms ?? undefined];
  return [{ type: "retry", reason: message, attempt, delayMs }];
}

/** What the service answered in place of the model is told as a message too, marked as an error. */
function blockEvents(block: z.infer<typeof blockSchema>, message: Message, heard: Heard): AgentEvent[] {
  if (block.type === "tool_use" && block.id && block.name) {
    const { id, name, input: parameters } = block;
    return [heard.calls.begin({ id, name, parameters, by: message.parent_tool_use_id ?? undefined })];
  }
  if (block.type !== "text" || !block.text) return [];
  if (!message.is_api_error_message) return [textEvent(block.text)].filter((event) => event !== undefined);
  const reason = reasonOfStatus(message.api_error_status ?? 500) ?? "crash";
  return [{ type: "error", reason, message: boundedText(block.text) }];
}

function assistantEvents(object: Record<string, unknown>, heard: Heard): AgentEvent[] {
  const { data } = messageSchema.safeParse(object);
  if (!data) return [];
  heard.retrying = undefined;
  const events = blocksOf(data.message.content).flatMap((block) => blockEvents(block, data, heard));
  const { id } = data.message;
  if (id === undefined || heard.counted.has(id)) return events;
  heard.counted.add(id);
  return [...events, ...stepUsage(data)];
}

/** Lines of type `user` are the answers of tools. */
function toolResultEvents(object: Record<string, unknown>, heard: Heard): AgentEvent[] {
  const { data } = messageSchema.safeParse(object);
  return blocksOf(data?.message.content)
    .filter((block) => block.type === "tool_result")
    .flatMap((block) => heard.calls.end(block.tool_use_id ?? "", block.is_error !== true, block.content));
}

function eventsOf(object: Record<string, unknown>, heard: Heard): AgentEvent[] {
  switch (object.type) {
    case "system":
      return systemEvents(object, heard);
    case "assistant":
      return assistantEvents(object, heard);
    case "user":
      return toolResultEvents(object, heard);
    case "result": {
      const { data } = resultSchema.safeParse(object);
      heard.retrying = undefined;
      return data ? resultEvents(data, usageScope(heard.version)) : [];
    }
    default:
      return [];
  }
}

export function claudeParser(): LineParser {
  const heard: Heard = { calls: toolCalls(), counted: new Set() };
  return {
    line(text) {
      const object = jsonObject(text);
      if (object === undefined) return [logEvent(text)].filter((event) => event !== undefined);
      return eventsOf(object, heard);
    },
    /** Ended in the middle of its retries: the last refusal says more than the signal that ended the wait. */
    end: () => {
      if (!heard.retrying) return [];
      const { reason, message } = heard.retrying;
      return [{ type: "error", reason, message: `it was still retrying: ${message}` }];
    },
  };
}
