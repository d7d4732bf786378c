/** The sign with which the comment of a task begins that is over: people see it first, and we find out by it that it is. */
import type { Outcome } from "../task/outcome.ts";

export const outcomeIcons: Record<Outcome["kind"], string> = {
  pull_request: "✅",
  merged: "🧩",
  reviewed: "🔎",
  no_changes: "➖",
  agent_failed: "❌",
  verify_failed: "❌",
  timed_out: "⌛",
  out_of_budget: "🪙",
  over_limit: "🧱",
  stalled: "🔁",
  cancelled: "🚫",
  refused: "⛔",
  host_error: "⚠️",
};

/** Whether a comment of ours tells of a task that is over. */
export const tellsAnEnd = (body: string): boolean =>
  Object.values(outcomeIcons).some((icon) => body.startsWith(`### ${icon} `));
