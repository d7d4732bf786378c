/**
 * What a run has used so far, from all its steps: every `usage` event counted once, whichever scope it speaks in.
 * Feed it the events of each step in order, `begin` before each; after a restart, feed them again.
 */
import type { AgentEvent, UsageEvent } from "./event.ts";

/** Tokens read (of them from a cache) and written; US dollars, undefined while no agent said a cost. */
export type UsageTotals = { inputTokens: number; outputTokens: number; cachedTokens: number; costUsd?: number };

export type UsageMeter = {
  /** The next step starts: its program counts from 0, its session may be an older one. */
  begin(): void;
  add(event: AgentEvent): void;
  totals(): UsageTotals;
};

const nothing: UsageTotals = { inputTokens: 0, outputTokens: 0, cachedTokens: 0 };

function combine(a: UsageTotals, b: UsageTotals, sign: 1 | -1): UsageTotals {
  const part = (x: number, y: number) => Math.max(0, x + sign * y);
  const costUsd = a.costUsd === undefined && b.costUsd === undefined ? undefined : part(a.costUsd ?? 0, b.costUsd ?? 0);
  return {
    inputTokens: part(a.inputTokens, b.inputTokens),
    outputTokens: part(a.outputTokens, b.outputTokens),
    cachedTokens: part(a.cachedTokens, b.cachedTokens),
    ...(costUsd === undefined ? {} : { costUsd }),
  };
}

/**
 * A step's use: `step` events add up until a `run` or `session` event says the sum so far, which then counts instead.
 * A session that this run has met before comes with what it had used by then, so that is taken off.
 */
export function usageMeter(): UsageMeter {
  let finished = nothing;
  let current = nothing;
  let session: string | undefined;
  const usedBySession = new Map<string, UsageTotals>();
  let usedBefore = nothing;

  const meet = (id: string) => {
    session = id;
    usedBefore = usedBySession.get(id) ?? nothing;
  };
  const use = ({ inputTokens, outputTokens, cachedTokens = 0, costUsd, scope }: UsageEvent) => {
    const told: UsageTotals = {
      inputTokens,
      outputTokens,
      cachedTokens,
      ...(costUsd === undefined ? {} : { costUsd }),
    };
    if (scope === "step") current = combine(current, told, 1);
    else current = scope === "run" ? told : combine(told, usedBefore, -1);
    if (session !== undefined) usedBySession.set(session, combine(usedBefore, current, 1));
  };

  return {
    begin() {
      finished = combine(finished, current, 1);
      current = nothing;
      session = undefined;
      usedBefore = nothing;
    },
    add(event) {
      if (event.type === "session") meet(event.sessionId);
      else if (event.type === "usage") use(event);
    },
    totals: () => combine(finished, current, 1),
  };
}
