/** Shows what the agents of a team do in one tmux session, for people who watch. No step waits for that, and none fails by it. */

import type { Run, Shared } from "../run.ts";
import { planIdOf } from "../say-to-team.ts";

/** The step's own session has the window; of a task that is no team's nothing is done. */
export function showTeamWindow({ sessions }: Shared, run: Run): void {
  const { id, node } = run.task.spec;
  const plan = planIdOf(run.task.spec);
  if (plan === undefined) return;
  sessions
    .show(id, { plan, window: node?.id ?? "manager" })
    .catch((error: unknown) => run.log.warn({ err: error }, "the step is not shown in its team's session"));
}

/** What its servers print has one beside it, for as long as the step runs. */
export function showServersWindow({ sessions }: Shared, run: Run, shown: { file: string; pid: number }): void {
  const { node } = run.task.spec;
  if (!node || shown.pid === 0) return;
  sessions
    .showFile({ plan: node.plan, window: `${node.id}-servers` }, shown)
    .catch((error: unknown) => run.log.warn({ err: error }, "the servers are not shown in their team's session"));
}

/** Those of teams whose task is over. One whose record is in doubt stays. */
export async function closeTeamWindows({ sessions, store, log }: Shared): Promise<void> {
  for (const plan of await sessions.plans()) {
    if ((await store.read(plan))?.state.name !== "settled") continue;
    await sessions.closePlan(plan);
    log.info({ plan }, "the session of a team whose plan is over is closed");
  }
}
