/**
 * What becomes of a team's own task when its plan has been looked at: it waits for the plan, or is to run, for its manager or to publish, or ends.
 * A manager that cannot run is done without.
 */
import type { TaskQueue } from "../task/queue.ts";
import type { Task } from "../task/task.ts";
import { isForPlan, type WaitingReason } from "../task/waiting.ts";
import { endOf } from "./end-of-wait.ts";
import type { Readiness, World } from "./readiness.ts";
import { isReady, mayFinish } from "./ready.ts";
import type { TeamNext } from "./team.ts";
import { readWorld, type WorldSources } from "./world.ts";

export type ForTeamDeps = WorldSources & {
  queue: Pick<TaskQueue, "enqueue">;
  /** The plan goes on without its manager. */
  goOnAlone: (team: string, spent: boolean) => Promise<void>;
  /** Starts what is ready, and has the rest wait or end; when to look again, Unix ms. */
  decide: (
    task: Task,
    waiting: readonly WaitingReason[],
    judged: { readiness: Readiness; world: World },
  ) => Promise<number | undefined>;
};

/** Gives when to look at the team again, Unix ms; undefined when there is nothing to decide any more. */
export const makeForTeam =
  (deps: ForTeamDeps) =>
  async (task: Task, next: TeamNext): Promise<number | undefined> => {
    const { store, queue, now } = deps;
    const { spec, version, state } = task;
    const at = now();
    if (next.do === "done") return undefined;
    if (state.name === "queued") await queue.enqueue(task);
    if (next.do === "wait" || state.name !== "waiting") return next.do === "end" ? at : next.lookAt;
    if (next.do === "end")
      return (await store.advance(spec.id, { name: "given_up", version, outcome: next.outcome, at })) ? undefined : at;
    if (next.do === "park") {
      await store.advance(spec.id, { name: "waits", version, reasons: next.reasons, at });
      return next.lookAt;
    }
    const world = { ...(await readWorld(deps, spec)), task };
    const waiting = state.reasons.filter((reason) => !isForPlan(reason));
    const readiness = next.as === "finishing" ? mayFinish(task, world, waiting) : isReady(spec, world, waiting);
    const isInVain = next.as === "manager" && endOf(task, readiness, at) !== undefined;
    if (isInVain) {
      await deps.goOnAlone(spec.id, readiness.kind === "unaffordable");
      return at;
    }
    const lookAt = await deps.decide(task, waiting, { readiness, world });
    return lookAt === undefined ? undefined : Math.min(lookAt, next.lookAt);
  };
