/** What GitHub still takes from us, for the operator, in a line each. */
import { BUDGET_LIMITS, type InstallationBudget } from "../task/github-budget.ts";
import { numberSign } from "../task/own-place.ts";
import type { Stalled } from "../task/report-marks.ts";
import type { Task } from "../task/task.ts";
import { count, duration } from "../text/amounts.ts";

const amount = (number: number): string => number.toLocaleString("en");

/** `now`: Unix ms. */
export function budgetWords({ installationId, rest, minute, hour }: InstallationBudget, now: number): string {
  const { limit, remaining, resetAt = 0, heldUntil = 0 } = rest;
  const isCurrent = remaining !== undefined && limit !== undefined && resetAt > now;
  const requests = isCurrent
    ? `${amount(remaining)} of ${amount(limit)} requests left for ${duration(resetAt - now)}`
    : "requests not counted at the moment";
  const { perMinute, perHour } = BUDGET_LIMITS;
  const texts = `comments and pull requests: ${minute} of ${perMinute} in the last minute, ${hour} of ${perHour} in the last hour`;
  const held = heldUntil > now ? ` · GitHub asks us to wait another ${duration(heldUntil - now)}` : "";
  return `Installation ${installationId}: ${requests} · ${texts}${held}`;
}

/** Why GitHub takes no word of a task, by what refuses it. */
const reasons: Record<string, string> = {
  archived: "the repository is archived",
  suspended: "the App's installation is suspended",
  installation_gone: "the App is no longer installed there",
  gone: "GitHub no longer shows the App the issue or its repository",
  locked: "the conversation is locked",
  forbidden: "the App lacks a permission",
  invalid: "GitHub calls what is to be said invalid",
};

export function stalledWords({ spec }: Task, { why, since }: Stalled, now: number): string {
  const { owner, name } = spec.repository;
  const reason = reasons[why] ?? why;
  return `${spec.id} ${owner}/${name}${numberSign(spec.number)}: ${reason}, for ${duration(now - since)}. It is posted as soon as GitHub accepts it.`;
}

export const stalledTitle = (number: number): string => `Not told on GitHub (${count(number, "task")})`;
