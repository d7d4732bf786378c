/** Since when: what `--since` takes, for every verb that has it. */
import { UsageError } from "./usage-error.ts";

const DAY_MS = 24 * 3600_000;

/** Unix ms: of a day its beginning, by UTC. Throws UsageError. */
export function sinceOf(text: string, now: number): number {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text))) return Date.parse(text);
  const [, days] = /^(\d{1,4})d$/.exec(text) ?? [];
  if (days === undefined) throw new UsageError("--since takes a number of days, as 30d, or a day, as 2026-01-31");
  return now - Number(days) * DAY_MS;
}
