/**
 * What a host tells of a run whose task's record is gone from Redis: the task as the run's folder has it, so that a bot can put
 * the record back. What the record knew besides (earlier runs, a wish to cancel) is lost with Redis.
 */
import { runLane } from "../../src/task/lane.ts";
import { type Offer, offer } from "../../src/task/offers.ts";
import type { Progress } from "../../src/task/progress.ts";
import type { Phase, Task } from "../../src/task/task.ts";
import type { Run, Shared } from "./run.ts";
import type { StepKind } from "./step/step-name.ts";

/** Offers the tasks of those runs whose record is absent. */
export async function offerLost(shared: Pick<Shared, "redis" | "hostId">, runs: readonly Run[]): Promise<void> {
  const lost = runs.filter(({ inDoubt, ended }) => inDoubt?.doubt === "absent" && ended === undefined);
  const offers = lost.map((run): Offer => {
    return { host: shared.hostId, at: run.inDoubt?.since ?? Date.now(), task: taskOf(shared.hostId, run) };
  });
  await offer(shared.redis, offers);
}

/** As the record would be: the run is the task's current one. */
function taskOf(host: string, run: Run): Task {
  const { spec, agent, continues } = run.task;
  const { epoch, jobId, lane, startedAt } = run.folder.record;
  const state = {
    ...{ name: "running" as const, phase: phaseOf(run), host, job: jobId, lane: runLane(lane) },
    claim: `${host}/${jobId}/put back/${startedAt}`,
    ...{ since: startedAt, phaseSince: startedAt },
  };
  return {
    spec,
    state,
    ...(agent !== undefined && { agent }),
    ...(continues !== undefined && { continues }),
    ...{ epoch, version: 1, crashes: [] },
    runs: [{ number: epoch, host, startedAt, progress: progressOf(run) }],
  };
}

const PHASE_OF: Record<StepKind, Phase> = { setup: "preparing", agent: "working", verify: "verifying" };

function phaseOf({ folder }: Run): Phase {
  const kind = folder.record.steps.at(-1)?.kind;
  return kind === undefined ? "preparing" : PHASE_OF[kind];
}

function progressOf({ spoken, task, folder }: Run): Progress {
  const agent = folder.record.prepared?.agent ?? task.agent;
  return { ...spoken.progress(), ...(agent !== undefined && { agent }) };
}
