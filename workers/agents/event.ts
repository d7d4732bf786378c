/**
 * The common event stream: what any agent said and did, in one vocabulary, whichever program it is. The schema is also
 * the line format that a program of `kind: jsonl` writes itself (docs/agents.md). Texts are visible text and bounded.
 */
import { z } from "zod";
import { keepStart, oneLine } from "../../src/text/bound.ts";
import { visibleText } from "../../src/text/clean.ts";

/** The longest text of one event, in characters. */
export const maxTextLength = 64_000;

const text = z.string().transform(boundedText);
const line = z.string().transform((value) => oneLine(value, 500));
const count = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);

/**
 * Why an agent failed, as far as its program tells.
 * auth: the model's service refused the credentials; credit: its account has no money left; model: it does not know the
 * model; unreachable: no connection to it; rate_limit: too many requests or tokens for now; usage_limit: the account has used
 * what it may use for some hours or days; server: the service failed; bad_request: it refused the request; turn_limit,
 * budget: the agent's own limits; denied: a tool was refused to the agent; interrupted: ended by a signal or without saying
 * how it went; config: it could not start as set up; crash: everything else.
 */
export const errorReasonSchema = z.enum([
  "auth",
  "credit",
  "model",
  "unreachable",
  "rate_limit",
  "usage_limit",
  "server",
  "bad_request",
  "turn_limit",
  "budget",
  "denied",
  "interrupted",
  "config",
  "crash",
]);
export type ErrorReason = z.infer<typeof errorReasonSchema>;

/**
 * scope `step`: so much more was used; `run`: so much since this program started; `session`: so much since the agent's
 * session began, which may be older than this program. `inputTokens` counts everything that was read, of which
 * `cachedTokens` came from a cache. `costUsd` is absent where the program does not know it, which is not the same as 0.
 */
const usageSchema = z.object({
  type: z.literal("usage"),
  inputTokens: count,
  outputTokens: count,
  cachedTokens: count.optional(),
  costUsd: z.number().nonnegative().max(1e9).optional(),
  scope: z.enum(["run", "session", "step"]).default("step"),
});

export const agentEventSchema = z.discriminatedUnion("type", [
  /** The agent's own name for its conversation; needed to resume it. */
  /** `version`: of the program. */
  z.object({
    type: z.literal("session"),
    sessionId: line.pipe(z.string().min(1)),
    model: line.optional(),
    version: line.optional(),
  }),
  /** What the agent says, in whole texts. */
  z.object({ type: z.literal("text"), text }),
  /**
   * One tool call; `summary` says on what. Without a status it is told once, after the fact. `same`, at its end: equal for calls
   * with the same arguments and the same result, and for no others.
   */
  z.object({
    type: z.literal("tool"),
    name: line,
    summary: line.default(""),
    status: z.enum(["started", "ok", "failed"]).optional(),
    same: line.optional(),
  }),
  usageSchema,
  /** The agent waits and tries again by itself. */
  z.object({
    type: z.literal("retry"),
    reason: line,
    attempt: count.optional(),
    delayMs: z.number().nonnegative().optional(),
  }),
  /** Something failed; the agent may still succeed. */
  z.object({ type: z.literal("error"), reason: errorReasonSchema.catch("crash"), message: text }),
  /** How it went, said by the agent itself as its last event. */
  z.object({
    type: z.literal("final"),
    ok: z.boolean(),
    reason: errorReasonSchema.optional().catch(undefined),
    text: text.optional(),
  }),
  /** What the program printed beside its events: shown in the session, taken for nothing. */
  z.object({ type: z.literal("log"), text }),
]);

export type AgentEvent = z.infer<typeof agentEventSchema>;
export type UsageEvent = Extract<AgentEvent, { type: "usage" }>;
export type ToolEvent = Extract<AgentEvent, { type: "tool" }>;
export type ErrorEvent = Extract<AgentEvent, { type: "error" }>;
export type FinalEvent = Extract<AgentEvent, { type: "final" }>;

/** Whether an event shows that the model's service has answered. */
export const isAnswer = ({ type }: AgentEvent): boolean => type === "text" || type === "tool";

/** The marker that takes the place of a line too long to read. */
export function droppedLine(bytes: number): AgentEvent {
  return { type: "log", text: `[a line of ${bytes} bytes was too long and was left out]` };
}

/** Any text as the events carry it: visible and bounded. */
export function boundedText(value: string): string {
  return keepStart(visibleText(value), maxTextLength);
}

/** A text event as this stream wants it: visible and bounded; undefined when nothing is left to see. */
export function textEvent(value: string): AgentEvent | undefined {
  const shown = boundedText(value);
  return shown.trim() === "" ? undefined : { type: "text", text: shown };
}

/** A log event likewise; at most 2,000 characters, for nobody promised anything about it. */
export function logEvent(value: string): AgentEvent | undefined {
  const shown = keepStart(visibleText(value), 2_000);
  return shown.trim() === "" ? undefined : { type: "log", text: shown };
}
