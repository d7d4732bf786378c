/**
 * A check that fails where it failed before any of the team's work began is not held against a node. What it says of the commit on
 * which the plan was approved is asked once for each command, when a check has failed; in the run that came upon it.
 */
import type { Verification } from "../../../src/task/progress.ts";
import { keepCheck, readCheck } from "../../integrate/kept-checks.ts";
import { failsAsBefore } from "../../integrate/same-failure.ts";
import { checkAlone } from "../check.ts";
import type { Ground } from "../ground.ts";
import type { Run, Shared } from "../run.ts";
import { nodeOfRun, planRepositoryOf } from "./plan-of-node.ts";

/** The verification, marked where it is excused. `round`: of the agent's, in which it is looked at. */
export async function excused(
  shared: Shared,
  run: Run,
  ground: Ground,
  { round, verification }: { round: number; verification: Verification },
): Promise<Verification> {
  if (verification.exitCode === 0) return verification;
  const before = await checkOfBase(shared, run, ground, round);
  return before && failsAsBefore(verification, before) ? { ...verification, redBefore: true } : verification;
}

/** Undefined where it says nothing, as when it takes too long. */
async function checkOfBase(shared: Shared, run: Run, ground: Ground, round: number): Promise<Verification | undefined> {
  const { verify: command } = ground.prepared;
  if (!command) return undefined;
  const { base } = planRepositoryOf(shared, run);
  const of = { dataDir: shared.dataDir, plan: nodeOfRun(run).plan, sha: base, command };
  const known = readCheck(of);
  if (known) return known;
  const work = { round, collected: { tip: base, commits: 0 }, tree: "base" as const };
  const checked = await checkAlone(shared, run, ground, work);
  if (checked.kind !== "judged") return undefined;
  keepCheck(of, checked.verification);
  run.log.info(
    { exitCode: checked.verification.exitCode },
    "the check has judged the commit that the plan started from",
  );
  return checked.verification;
}
