/**
 * What comes after a turn of the agent that ended well: its work is taken and judged, or it gets another turn first, or the run is
 * parked. Decided once for each turn and noted down with its step: whoever reads the run again after a restart of the host decides
 * nothing anew.
 */
import type { Ground } from "./ground.ts";
import { nextForMessages } from "./messages.ts";
import { nextForQuestions } from "./next-for-questions.ts";
import type { Park } from "./park.ts";
import { nextForPlan } from "./plan.ts";
import { nextForReview } from "./review.ts";
import type { Run, Shared } from "./run.ts";
import type { StepName } from "./step/step-name.ts";
import { nextForTeam } from "./team.ts";

export type AfterTurn =
  /** To take the work and to judge it. */
  | { kind: "go on" }
  | ({ kind: "park" } & Park)
  /** Another turn in the same session, which is no round of the check. */
  | { kind: "again"; prompt: string };

/** Asked in this order; the first that has something to say decides. */
type Next = (shared: Shared, run: Run, ground: Ground) => Promise<AfterTurn | undefined>;
const order: readonly Next[] = [nextForMessages, nextForQuestions, nextForTeam, nextForPlan, nextForReview];

export async function afterTurn(shared: Shared, run: Run, ground: Ground, name: StepName): Promise<AfterTurn> {
  const step = run.folder.record.steps.find((each) => each.name === name);
  if (step?.after) return step.after;
  const next = (await firstOf(shared, run, ground)) ?? { kind: "go on" as const };
  // A run that is parked notes down what comes then when it goes on.
  if (step && next.kind !== "park") {
    step.after = next;
    run.folder.save();
  }
  return next;
}

async function firstOf(shared: Shared, run: Run, ground: Ground): Promise<AfterTurn | undefined> {
  for (const next of order) {
    const found = await next(shared, run, ground);
    if (found) return found;
  }
  return undefined;
}
