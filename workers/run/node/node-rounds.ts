/**
 * The rounds of a node's agent: as those of any other, and what passes is integrated. What comes back goes to the same agent in the same
 * session: a conflict three times, a failure of the merged tree as often as one of its own; then the task ends, and whoever manages the
 * plan decides.
 */
import { reasonOf } from "../../publish/objection.ts";
import type { Ground } from "../ground.ts";
import { type Run, type Shared, tell } from "../run.ts";
import { isAllUsed } from "../watch-budget.ts";
import type { Rounds, Worked } from "../work.ts";
import { type Delivered, integrateRound, type RoundResult } from "./integrate-round.ts";

const MAX_CONFLICTS = 3;

/** `work`: until there is something to integrate, or it is over. */
export async function workOnNode(
  shared: Shared,
  run: Run,
  ground: Ground,
  { rounds, work }: { rounds: Rounds; work: () => Promise<Worked> },
): Promise<Worked> {
  for (let [conflicts, failures] = [0, 0]; ; rounds.round++) {
    const worked = await work();
    if (!isDelivered(worked)) return inWay(worked);
    const delivered: Delivered = { round: rounds.round, ...worked };
    const result = await integrateRound(shared, run, ground, delivered);
    if (result.kind !== "given back") return ended(worked, result);
    const isLast = isAllUsed(shared, run, `agent-${rounds.round}`);
    if (result.conflict) {
      if (conflicts >= MAX_CONFLICTS || isLast)
        return inWay({ ...worked, objections: [result.conflict], told: conflicts });
      conflicts += 1;
      await tell(shared, run, { name: "progress", progress: { conflicts }, at: Date.now() });
      rounds.asked = { round: conflicts, objections: [result.conflict] };
    } else if (result.failed) {
      const { failed, tip } = result;
      if (failures >= shared.operator.limits.verifyRounds || isLast) return { ...worked, verification: failed };
      failures += 1;
      rounds.asked = { round: failures, failed, mergedWith: tip };
    }
  }
}

function isDelivered({ verdict, verification, missed, objections, parks, collected, stopped }: Worked): boolean {
  const passed = !verification || verification.exitCode === 0 || verification.redBefore === true;
  return verdict.ok && passed && !missed && !objections && !parks && !stopped && collected.commits > 0;
}

/** What ends a try that another one would only repeat is told by its name. */
function inWay(worked: Worked): Worked {
  const reason = worked.objections?.find((each) => each.as)?.as;
  if (!reason || !worked.verdict.ok) return worked;
  return { ...worked, failedAs: { reason, message: reasonOf(worked.objections ?? [], worked.told ?? 0) } };
}

function ended(worked: Worked, result: Exclude<RoundResult, { kind: "given back" }>): Worked {
  switch (result.kind) {
    case "merged":
      return { ...worked, merged: result.outcome, ...(result.verification && { verification: result.verification }) };
    case "missed":
      return { ...worked, missed: result.missed };
  }
}
