/**
 * What comes after a turn in which all was used up that the run may use: one more turn, in which the agent commits what it has; then its
 * run ends as one that its budget has stopped, and what it has done is offered where it passes the check.
 */
import type { Failure, Verdict } from "../agents/adapter.ts";
import { allUsed } from "./budget.ts";
import type { Run, Shared } from "./run.ts";
import type { StepResult } from "./step/run-step.ts";
import { lastShareOf } from "./watch-budget.ts";

const COMMIT = `Your budget is spent: what you may use for this task is used up. This is your last turn, and a short one. Start nothing new. Leave
the files in the best state that you can reach at once, commit what you have, and finish with a few words on what is done and what is missing.
`;

const HAND_IN = `Your budget is spent: what you may use for your proposal is used up. This is your last turn, and a short one. Look at nothing more. Hand
in what you would do as far as you know it, and say what you could not find out.
`;

export type AfterBudget =
  /** It was not the budget that ended the turn. */
  { kind: "not spent" } | { kind: "last turn"; prompt: string } | { kind: "over"; verdict: Verdict };

type Ended = { result: StepResult; verdict: Verdict };

/** Says the same again when the run is read again after a restart of the host. */
export function afterBudget(shared: Shared, run: Run, round: number, { result, verdict }: Ended): AfterBudget {
  const { folder, spoken } = run;
  const { record } = folder;
  const { budget, epoch } = record;
  if (budget?.epoch !== epoch) return { kind: "not spent" };
  const next = `agent-${round + 1}`;
  if (budget.lastTurn === `agent-${round}`) return { kind: "over", verdict: outOfBudget(allUsed(record)) };
  if (result.kind !== "spent" && !isOwnLimit(verdict, budget.reserved)) return { kind: "not spent" };
  // Who cannot be spoken to again in the same session would begin anew.
  if (spoken.progress().sessionId === undefined) return { kind: "over", verdict: outOfBudget(allUsed(record)) };
  if (budget.lastTurn === undefined) {
    budget.lastTurn = next;
    budget.lastShare = lastShareOf(shared, run);
    folder.save();
  }
  return { kind: "last turn", prompt: record.plan?.readOnly ? HAND_IN : COMMIT };
}

/** Its program was told how much it may cost, and has stopped by itself. */
const isOwnLimit = (verdict: Verdict, { usd }: { usd?: number | undefined }): boolean =>
  usd !== undefined && !verdict.ok && verdict.reason === "budget";

const outOfBudget = (message: string): Failure => ({ ok: false, reason: "budget", message });
