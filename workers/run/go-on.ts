/**
 * Goes on with a run that a limit had stopped on this host: in the workspace that it left and, where its agent has one, in the same
 * session. Its record has a new number by then; the run's folder stays what it was. Another slot's user becomes the owner of
 * what the agent has made; nothing of the run is alive meanwhile.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Task } from "../../src/task/task.ts";
import type { SlotUser } from "../sandbox/sandbox.ts";
import { giveWorkspace } from "../workspace/give-workspace.ts";
import type { Lease } from "./lease.ts";
import { makeRun } from "./make-run.ts";
import { type Run, runsDir, type Shared } from "./run.ts";
import { type RunFolder, readRunFolders } from "./run-record.ts";
import { forgetEnd } from "./step/lost-step.ts";
import { kindOf, type StepName } from "./step/step-name.ts";

/** The latest run of the task that waits here. */
export function findPaused({ dataDir }: Pick<Shared, "dataDir">, task: Task): RunFolder | undefined {
  if (task.epoch < 2) return undefined;
  const { folders } = readRunFolders(runsDir(dataDir));
  const its = folders.filter(({ record }) => record.taskId === task.spec.id && record.epoch < task.epoch);
  const last = its.toSorted((one, other) => other.record.epoch - one.record.epoch)[0];
  return last?.record.paused && last.record.prepared ? last : undefined;
}

type Parts = { task: Task; folder: RunFolder; lease: Lease; user: SlotUser };

export function takeUpPaused(shared: Shared, { task, folder, lease, user }: Parts): Run {
  const { record } = folder;
  const { paused, prepared } = record;
  if (!paused || !prepared) throw new Error("the run does not wait for a limit");
  if (paused.sessionId !== undefined) prepared.resumed = { sessionId: paused.sessionId, used: paused.used };
  const step = record.steps.findLast(({ kind }) => kind === "agent");
  record.epoch = task.epoch;
  record.jobId = lease.job;
  record.lane = lease.lane;
  record.slot = user.slot;
  // Only the time in which the agent works counts.
  record.startedAt = Date.now() - paused.workedMs;
  record.end = undefined;
  record.paused = undefined;
  record.goesOn = step?.name;
  if (step) {
    step.counted = undefined;
    step.missed = undefined;
    step.collected = undefined;
    forgetEnd(folder, step);
  } else folder.save();
  shared.log.info(
    { task: record.taskId, epoch: record.epoch, slot: user.slot },
    "a run that waited for a limit goes on",
  );
  return makeRun(shared, { task, folder, lease, user });
}

/** Before the ground of such a run is walked on. */
export async function takeOverWorkspace({ dataDir, driver }: Shared, { folder, task, user }: Run): Promise<void> {
  if (folder.record.goesOn === undefined) return;
  await giveWorkspace({ dataDir, taskId: task.spec.id, user, seenAt: driver.workspaceAt });
}

const GO_ON = `The service of your model took no requests for a while, so you were stopped in the middle of your work. It takes
requests again. Your folder is as you left it. Go on with what you were asked to do, from where you were.
`;

/** What the agent is asked when it goes on in its session: it knows the rest. Undefined where the step is another. */
export function goOnPrompt(run: Run, name: StepName): string | undefined {
  if (run.folder.record.goesOn !== name || kindOf(name) !== "agent") return undefined;
  const file = join(run.folder.dir, name, "prompt.md");
  writeFileSync(file, GO_ON, { mode: 0o600 });
  return file;
}
