/**
 * Claude Code's `result` line -> usage and verdict. `subtype: "success"` also stands over failures: only `is_error`
 * and an empty `permission_denials` say that it went well.
 */
import { z } from "zod";
import { type AgentEvent, boundedText, type ErrorReason } from "./event.ts";
import { reasonOfStatus } from "./status.ts";

const count = z.number().int().nonnegative().catch(0);

export const resultSchema = z.object({
  subtype: z.string(),
  is_error: z.boolean(),
  result: z.string().optional().catch(undefined),
  errors: z.array(z.string()).optional().catch(undefined),
  terminal_reason: z.string().optional().catch(undefined),
  api_error_status: z.number().nullish().catch(undefined),
  permission_denials: z.array(z.unknown()).catch([]).default([]),
  total_cost_usd: z.number().nonnegative().max(1e9).optional().catch(undefined),
  modelUsage: z
    .record(
      z.string(),
      z.object({
        inputTokens: count,
        outputTokens: count,
        cacheReadInputTokens: count,
        cacheCreationInputTokens: count,
      }),
    )
    .catch({})
    .default({}),
});
export type ClaudeResult = z.infer<typeof resultSchema>;

function reasonOf(result: ClaudeResult): ErrorReason {
  if (result.subtype === "error_max_turns") return "turn_limit";
  if (result.subtype === "error_max_budget_usd") return "budget";
  if (result.terminal_reason?.startsWith("aborted")) return "interrupted";
  const status = result.api_error_status ?? undefined;
  return (status === undefined ? undefined : reasonOfStatus(status)) ?? "crash";
}

function toolNames(denials: readonly unknown[]): string {
  const names = denials.flatMap(
    (denial) => z.object({ tool_name: z.string() }).safeParse(denial).data?.tool_name ?? [],
  );
  return names.length > 0 ? [...new Set(names)].join(", ") : `${denials.length} calls`;
}

/** The last version that is known to count a resumed session anew, with each start of the program. */
const COUNTS_EACH_RUN = [2, 1, 197];

/**
 * What `modelUsage` and the cost add up over: the program's run in versions up to 2.1.197, the session in 2.1.329. In between
 * nobody has looked; there, and where no version is told, it is taken for the session's and the sums themselves are compared.
 */
export function usageScope(version: string | undefined): "run" | "session" {
  const parts = version?.split(".").map(Number) ?? [];
  if (parts.length !== COUNTS_EACH_RUN.length || parts.some(Number.isNaN)) return "session";
  const at = parts.findIndex((part, index) => part !== COUNTS_EACH_RUN[index]);
  return at < 0 || (parts[at] ?? 0) < (COUNTS_EACH_RUN[at] ?? 0) ? "run" : "session";
}

/** The line's own `usage` leaves out the last turn at a limit. */
function usageOf(result: ClaudeResult, scope: "run" | "session"): AgentEvent {
  const total = { inputTokens: 0, outputTokens: 0, cachedTokens: 0 };
  for (const model of Object.values(result.modelUsage)) {
    total.inputTokens += model.inputTokens + model.cacheReadInputTokens + model.cacheCreationInputTokens;
    total.outputTokens += model.outputTokens;
    total.cachedTokens += model.cacheReadInputTokens;
  }
  return { type: "usage", ...total, costUsd: result.total_cost_usd, scope };
}

function final(result: ClaudeResult): AgentEvent {
  const text = boundedText(result.result ?? result.errors?.join("; ") ?? result.subtype);
  if (result.is_error || result.subtype !== "success")
    return { type: "final", ok: false, reason: reasonOf(result), text };
  if (result.permission_denials.length > 0) {
    const denied = `Tools were denied to the agent: ${toolNames(result.permission_denials)}. ${text}`;
    return { type: "final", ok: false, reason: "denied", text: denied };
  }
  return { type: "final", ok: true, text };
}

export function resultEvents(result: ClaudeResult, scope: "run" | "session"): AgentEvent[] {
  return [usageOf(result, scope), final(result)];
}
