/**
 * Goes on with a run that was parked on this host: in the workspace that it left and, where its agent has one, in the same
 * session. Its record has a new number by then; the run's folder stays what it was. Another slot's user becomes the owner of
 * what the agent has made; nothing of the run is alive meanwhile.
 */
import { existsSync } from "node:fs";
import { isParked } from "../../src/task/runs.ts";
import type { Task } from "../../src/task/task.ts";
import type { SlotUser } from "../sandbox/sandbox.ts";
import { giveWorkspace } from "../workspace/give-workspace.ts";
import { workspaceDir } from "../workspace/host-folders.ts";
import { noteTold, untoldOf } from "./answers.ts";
import { goOnText } from "./go-on-prompts.ts";
import type { Lease } from "./lease.ts";
import { makeRun } from "./make-run.ts";
import { planRecordOf } from "./plan.ts";
import { planGround } from "./plan-ground.ts";
import { rightsOf } from "./rights.ts";
import { type Run, runsDir, type Shared } from "./run.ts";
import { type RunFolder, readRunFolders } from "./run-folder.ts";
import { forgetEnd } from "./step/lost-step.ts";
import type { StepRecord } from "./step/step-record.ts";
import { timeOf } from "./step/worked.ts";
import { teamRecordOf } from "./team.ts";

/** The latest run of the task that waits here. */
export function findPaused({ dataDir }: Pick<Shared, "dataDir">, task: Task): RunFolder | undefined {
  if (task.epoch < 2) return undefined;
  const { folders } = readRunFolders(runsDir(dataDir));
  const its = folders.filter(({ record }) => record.taskId === task.spec.id && record.epoch < task.epoch);
  const last = its.toSorted((one, other) => other.record.epoch - one.record.epoch)[0];
  if (!last?.record.paused || !last.record.prepared) return undefined;
  // Another host has gone on meanwhile, and has parked it again: what waits here is of before.
  const parkedAs = task.runs.findLast(isParked)?.number ?? 0;
  return parkedAs <= last.record.epoch && existsSync(workspaceDir(dataDir, task.spec.id)) ? last : undefined;
}

type Parts = { task: Task; folder: RunFolder; lease: Lease; user: SlotUser };

export function takeUpPaused(shared: Shared, { task, folder, lease, user }: Parts): Run {
  const { record } = folder;
  const { paused, prepared } = record;
  if (!paused || !prepared) throw new Error("the run is not parked");
  if (paused.sessionId !== undefined) prepared.resumed = { sessionId: paused.sessionId, used: paused.used };
  const { goOnWith = "limit", sameTurn = goOnWith === "limit" } = paused;
  const { answersTold: told = [] } = record;
  const text = goOnText(goOnWith, task, { told });
  if (goOnWith === "answer") noteTold(folder, untoldOf(task.questions ?? [], told));
  // What is in the record of the run before is not counted again.
  for (const each of record.steps) each.counted = true;
  const step = record.steps.findLast(({ kind }) => kind === "agent");
  record.epoch = task.epoch;
  record.jobId = lease.job;
  record.lane = lease.lane;
  record.slot = user.slot;
  // Only the time in which the agent works counts.
  record.startedAt = Date.now() - paused.workedMs;
  record.end = undefined;
  record.left = undefined;
  record.paused = undefined;
  record.waitsUntil = undefined;
  record.goOnText = text;
  // Of a turn that was cut off it is not known what its agent has read.
  record.given = undefined;
  record.said = undefined;
  // What it handed in then was its proposal, and says nothing of the work.
  if (goOnWith === "approval") record.finish = undefined;
  record.plan = planRecordOf(task, planGround(shared, task.spec));
  record.team = teamRecordOf(task);
  record.rights = rightsOf(task, shared.operator.roles);
  record.renew = task.proposal?.decision?.kind === "outdated" || undefined;
  record.goesOn = undefined;
  if (step && sameTurn) repeatTurn(folder, step);
  else if (step) addTurn(folder, step, text);
  folder.save();
  const facts = { task: record.taskId, epoch: record.epoch, slot: user.slot, with: goOnWith };
  shared.log.info(facts, "a run that was parked goes on");
  return makeRun(shared, { task, folder, lease, user });
}

/** What it has worked so far counts, so that no limit, however often it comes, gives a task more time than it may have. */
function repeatTurn(folder: RunFolder, step: StepRecord): void {
  folder.record.goesOn = step.name;
  step.workedMs = timeOf(step);
  step.counted = undefined;
  step.missed = undefined;
  step.collected = undefined;
  forgetEnd(folder, step);
}

function addTurn({ record }: RunFolder, step: StepRecord, prompt: string): void {
  step.after = { kind: "again", prompt };
  record.goesOn = `agent-${Number(step.name.slice("agent-".length)) + 1}`;
}

/** Before the ground of such a run is walked on. */
export async function takeOverWorkspace({ dataDir, driver }: Shared, { folder, task, user }: Run): Promise<void> {
  if (folder.record.goesOn === undefined) return;
  await giveWorkspace({ dataDir, taskId: task.spec.id, user, seenAt: driver.workspaceAt });
}
