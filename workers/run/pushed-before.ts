/**
 * Work that stands on GitHub settles its task, whoever pushed it and did not come to say so: an earlier run, whose host died,
 * or this one, when the answer to its push was lost. It is looked for before another agent starts, and before a run is told
 * to have failed for a reason of the host's.
 */
import type { Outcome } from "../../src/task/outcome.ts";
import type { Pushed } from "../../src/task/task.ts";
import { identityOf, type Run, type Shared } from "./run.ts";

/** A bot or a GitHub that does not answer for so long is waited for no longer, ms: it only saves work. */
const BEFORE_START_MS = 15_000;
/** And here it saves the work itself. */
const BEFORE_END_MS = 120_000;

/** Before a run starts its agent. */
export async function pushedByEarlierRun(shared: Shared, run: Run): Promise<Pushed | undefined> {
  const { epoch, steps } = run.folder.record;
  return !run.task.spec.node && epoch > 1 && steps.length === 0 ? await look(shared, run, BEFORE_START_MS) : undefined;
}

/** Before a run ends with this. */
export async function pushedAllTheSame(shared: Shared, run: Run, outcome: Outcome): Promise<Pushed | undefined> {
  const isOurFailure =
    outcome.kind === "host_error" || (outcome.kind === "timed_out" && outcome.deadline === "publishing");
  return isOurFailure && !run.task.spec.node ? await look(shared, run, BEFORE_END_MS) : undefined;
}

async function look(shared: Shared, run: Run, withinMs: number): Promise<Pushed | undefined> {
  const signal = AbortSignal.any([AbortSignal.timeout(withinMs), ...(run.signal.aborted ? [] : [run.signal])]);
  try {
    const { pushed } = await shared.bot.pushed(identityOf(run), signal);
    if (pushed) run.log.warn({ branch: pushed.branch, sha: pushed.sha }, "the work stands on GitHub already");
    return pushed;
  } catch (error) {
    run.log.warn({ err: error }, "whether the work stands on GitHub already is not known");
    return undefined;
  }
}
