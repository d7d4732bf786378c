/**
 * What is left to do of a run when its end is told: nothing of it goes on, its job is over, its session is kept for whoever
 * continues, and its workspace is removed, unless somebody may want to look at it.
 */
import type { Outcome } from "../../src/task/outcome.ts";
import { removeCheckpoint } from "../checkpoints/checkpoint-store.ts";
import { keepSession } from "../kept-sessions/keep-session.ts";
import { clearSetupsOf } from "../setups/clear-setups.ts";
import { leaveOutput } from "../show-output/leave-output.ts";
import { removeCheckWorkspace } from "../workspace/check-workspace.ts";
import { removeWorkspace } from "../workspace/remove-workspace.ts";
import { isWorthALook, leaveCheckpoint } from "./checkpoint.ts";
import { endLeftovers } from "./end-leftovers.ts";
import type { Interruption } from "./interruption.ts";
import { isHandover, type Run, type Shared, tell } from "./run.ts";
import { closeOutlets } from "./step/step-outlet.ts";

/** `handed over`: the run goes on in the host's next life. `kept`: its workspace stays for somebody to look at. */
export type RunEnd = "done" | "kept" | "handed over";

/**
 * `told`: the record knows already, from us (pushed) or from elsewhere (settled, superseded). `untold`: the record stayed in
 * doubt for longer than the run may take. `parked`: the task waits, and the run can be gone on with.
 */
export type Ended = Outcome | "told" | "untold" | "parked" | "handed over";

export async function clearUp(shared: Shared, run: Run, outcome: Exclude<Ended, "handed over">): Promise<RunEnd> {
  await run.underWay;
  await endSession(shared, run);
  await clearCheck(shared, run);
  if (outcome === "untold") return keep(run, "untold");
  await run.lease.complete().catch((error: unknown) => {
    // The record is the truth; a job whose lock is gone is found again by its next host, which sees a settled task.
    run.log.debug({ err: error }, "the job could not be completed");
  });
  if (outcome === "parked") return keep(run, "told");
  if (run.folder.record.toKeep && !(await keepPromisedSession(shared, run))) return "handed over";
  if (run.folder.record.toLeave && typeof outcome !== "string" && !(await leaveWork(shared, run, outcome)))
    return "handed over";
  await leaveOutput(shared, run);
  const { left } = run.folder.record;
  const isKept = outcome === "told" ? await isSaidToBeKept(shared, run) : isWorthALook(outcome);
  const { dataDir } = shared;
  const { id: taskId } = run.task.spec;
  if (left === "objects" || !isKept) await removeWorkspace({ dataDir, taskId });
  if (left || isKept) return keep(run, "told");
  await removeCheckpoint(dataDir, taskId);
  run.folder.remove();
  return "done";
}

/** Once nothing of the run writes any more. False when it could not be told before the host's end; its next life tries again. */
async function leaveWork(shared: Shared, run: Run, outcome: Outcome): Promise<boolean> {
  const { record } = run.folder;
  const checkpoint = await leaveCheckpoint(shared, run, outcome);
  try {
    if (checkpoint) await tell(shared, run, { name: "left", checkpoint, at: Date.now() }, { inDoubt: "skip" });
  } catch (error) {
    if (isHandover(run)) return false;
    throw error;
  }
  record.left = checkpoint?.kind;
  record.toLeave = undefined;
  run.folder.save();
  return true;
}

/** What is not removed now goes with the host's next tidying. */
async function clearCheck({ dataDir }: Shared, run: Run): Promise<void> {
  const taskId = run.task.spec.id;
  const clears = [() => removeCheckWorkspace({ dataDir, taskId }), () => clearSetupsOf(dataDir, taskId)];
  for (const clear of clears) {
    await clear().catch((error: unknown) => run.log.warn({ err: error }, "what its check left cannot be removed yet"));
  }
}

/** An earlier life of this host may have told the end, and died before it noted that down: what the record says holds. */
async function isSaidToBeKept({ store }: Shared, { signal, folder, task }: Run): Promise<boolean> {
  if (!signal.aborted || (signal.reason as Interruption).kind !== "settled") return false;
  const { runs = [] } = (await store.read(task.spec.id)) ?? {};
  return runs.some(({ number, checkpoint }) => number === folder.record.epoch && checkpoint !== undefined);
}

/**
 * Who goes on from this task is sent here for its session: what cannot be kept is taken back. False when that could not be told
 * before the host's end; its next life tries again.
 */
async function keepPromisedSession(shared: Shared, run: Run): Promise<boolean> {
  const home = await keepSession(shared, run);
  try {
    if (!home) await tell(shared, run, { name: "not_kept", at: Date.now() }, { inDoubt: "skip" });
  } catch (error) {
    if (isHandover(run)) return false;
    throw error;
  }
  run.folder.record.toKeep = undefined;
  return true;
}

/** What is kept, and whether the record says why: only then is it removed some day. */
function keep(run: Run, end: "told" | "untold"): RunEnd {
  run.folder.record.end = end;
  run.folder.save();
  if (end === "untold") run.log.error("the task's record stays in doubt: the run has ended, and its work is kept");
  return "kept";
}

async function endSession(shared: Shared, run: Run): Promise<void> {
  const { id } = run.task.spec;
  const ends = [
    () => run.talk.close(),
    () => shared.sessions.kill(id),
    () => endLeftovers(run),
    () => closeOutlets(shared, run.folder),
    async () => run.talk.remove(),
  ];
  for (const end of ends) {
    await end().catch((error: unknown) =>
      run.log.error({ err: error }, "what the run started does not end: look at it by hand"),
    );
  }
}
