/**
 * What a run has used so far, from all its steps: every `usage` event counted once, whichever scope it speaks in.
 * Feed it the events of each step in order, `begin` before each; after a restart, feed them again.
 */
import { z } from "zod";
import type { AgentEvent, UsageEvent } from "./event.ts";

const amount = z.number().nonnegative();

/** Tokens read (of them from a cache) and written; US dollars, undefined while no agent said a cost. */
export const usageTotalsSchema = z.object({
  inputTokens: amount,
  outputTokens: amount,
  cachedTokens: amount,
  costUsd: amount.optional(),
});
export type UsageTotals = z.infer<typeof usageTotalsSchema>;

export type UsageMeter = {
  /** A session is an older one, which had used so much before this run. */
  knows(sessionId: string, used: UsageTotals): void;
  /** The next step starts: its program counts from 0, its session may be an older one. */
  begin(): void;
  add(event: AgentEvent): void;
  totals(): UsageTotals;
  /** Whether anything was told, and whether the costs that were told are those of all tokens. */
  told(): { any: boolean; cost: boolean };
  /** All that a session has used, before this run and in it; undefined while nothing was said of it. */
  usedBy(sessionId: string): UsageTotals | undefined;
};

/** Of sums of what an agent says: whatever that is, they stay numbers that can be written down and read again. */
const MOST = 1e15;
const nothing: UsageTotals = { inputTokens: 0, outputTokens: 0, cachedTokens: 0 };

function combine(a: UsageTotals, b: UsageTotals, sign: 1 | -1): UsageTotals {
  const part = (x: number, y: number) => Math.min(MOST, Math.max(0, x + sign * y));
  const costUsd = a.costUsd === undefined && b.costUsd === undefined ? undefined : part(a.costUsd ?? 0, b.costUsd ?? 0);
  return {
    inputTokens: part(a.inputTokens, b.inputTokens),
    outputTokens: part(a.outputTokens, b.outputTokens),
    cachedTokens: part(a.cachedTokens, b.cachedTokens),
    ...(costUsd === undefined ? {} : { costUsd }),
  };
}

const tokensOf = ({ inputTokens, outputTokens }: UsageTotals) => inputTokens + outputTokens;

/**
 * Whether what a program tells as its session's sum really is one: some versions of a CLI count a resumed session from
 * zero. A sum is never less than it was before. Else the pieces say it: `heard` since the program started, and the sum is
 * the nearer one to what was used before and these.
 */
function isSum(told: UsageTotals, before: UsageTotals, heard: UsageTotals): boolean {
  const [sum, old, pieces] = [told, before, heard].map(tokensOf) as [number, number, number];
  if (sum < old || (told.costUsd ?? Infinity) < (before.costUsd ?? 0)) return false;
  return pieces === 0 || Math.abs(sum - old - pieces) <= Math.abs(sum - pieces);
}

/**
 * A step's use: `step` events add up until a `run` or `session` event says the sum so far, which then counts instead.
 * A session that is known comes with what it had used by then, so that is taken off where the program counts it too.
 */
export function usageMeter(): UsageMeter {
  let finished = nothing;
  let current = nothing;
  /** Tokens were told of since a cost was: of the step, and of an earlier one. */
  let unpriced = false;
  let wasUnpriced = false;
  let heard = nothing;
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
    const hasTokens = tokensOf(told) > 0;
    unpriced = costUsd === undefined ? unpriced || hasTokens : scope === "step" && unpriced;
    if (scope === "step") {
      heard = combine(heard, told, 1);
      current = combine(current, told, 1);
    } else {
      const isOlder = scope === "session" && isSum(told, usedBefore, heard);
      current = isOlder ? combine(told, usedBefore, -1) : told;
    }
    if (session !== undefined) usedBySession.set(session, combine(usedBefore, current, 1));
  };

  return {
    knows: (id, used) => void usedBySession.set(id, used),
    usedBy: (id) => usedBySession.get(id),
    begin() {
      finished = combine(finished, current, 1);
      current = nothing;
      wasUnpriced ||= unpriced;
      unpriced = false;
      heard = nothing;
      session = undefined;
      usedBefore = nothing;
    },
    add(event) {
      if (event.type === "session") meet(event.sessionId);
      else if (event.type === "usage") use(event);
    },
    totals: () => combine(finished, current, 1),
    told() {
      const all = combine(finished, current, 1);
      const any = tokensOf(all) > 0 || (all.costUsd ?? 0) > 0;
      return { any, cost: any && all.costUsd !== undefined && !unpriced && !wasUnpriced };
    },
  };
}
