/** Whether a host that beats can do its work as well, by its canary. Pure. Times are Unix ms. */
import { CANARY_LATE_MS } from "../task/canary.ts";
import type { HostView } from "../task/hosts.ts";
import type { Paused } from "../task/pause.ts";

/** `why`: none where it takes no job at all. Hostile, one bounded line. */
export type CannotWork = { since: number; why?: string };

/** Of a host that has something else to do, or is not to take any, nothing is said. */
export function cannotWork(
  { alive, draining, lacksRoom, canary }: HostView,
  { busy, paused = {}, now }: { busy: number; paused: Paused | undefined; now: number },
): CannotWork | undefined {
  if (!canary || !alive || draining || lacksRoom) return undefined;
  const { askedAt, at, failed } = canary;
  if (failed !== undefined && at !== undefined) return { since: at, why: failed };
  const isOpen = at === undefined || at < askedAt;
  const isLate = now - Math.max(askedAt, paused.resumedAt ?? 0) > CANARY_LATE_MS;
  return isOpen && isLate && busy === 0 && !paused.pause ? { since: askedAt } : undefined;
}
