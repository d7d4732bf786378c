/**
 * What is kept on disk past its time: runs with their workspaces, checkpoints, agents' sessions, what setup commands made, what plans came to. By
 * the same rules as the host's own tidying, and stricter beside a host that is at work. With `force` also before its time, where the task is
 * over and no other needs it.
 */
import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { isTaskId } from "../../src/task/task-id.ts";
import { readCheckpoint, removeCheckpoint } from "../checkpoints/checkpoint-store.ts";
import { measureCheckpoints } from "../checkpoints/clear-checkpoints.ts";
import { findOldSessions } from "../kept-sessions/clear-kept-sessions.ts";
import { isOver as isPlanOver } from "../run/clear-old-plans.ts";
import { findOldRuns } from "../run/clear-old-runs.ts";
import { findOldSetups } from "../setups/clear-setups.ts";
import { removeFolder } from "../setups/setup-folder.ts";
import { plansDir } from "../workspace/host-folders.ts";
import type { GcGround, Leftover } from "./leftover.ts";

/** As if all were past its time. */
const regardless = (ground: GcGround): GcGround => {
  const limits = { ...ground.operator.limits, keepFailedDays: 0, keepSessionDays: 0 };
  return { ...ground, operator: { ...ground.operator, limits } };
};

export async function findKept(ground: GcGround): Promise<Leftover[]> {
  const aged = ground.force ? regardless(ground) : ground;
  const all = [runs(ground, aged), checkpoints(ground), keptSessions(ground, aged), setups(ground), plans(ground)];
  return (await Promise.all(all)).flat();
}

/** Beside a host a run that is elsewhere now may come back at any moment: there only one that is over goes. */
async function runs({ dataDir, records, beside, force }: GcGround, aged: GcGround): Promise<Leftover[]> {
  return (await findOldRuns(aged)).map(({ what, task, paths, mayGo, remove }) => ({
    kind: "run",
    name: "task" in what ? what.task : relative(dataDir, what.dir),
    async mayGo() {
      if (force && (task === undefined || !(await records.isUnneeded(task)))) return false;
      if (beside && (task === undefined || !(await records.isOver(task)))) return false;
      return await mayGo();
    },
    remove,
    isThere: async () => paths.some((path) => existsSync(path)),
  }));
}

async function checkpoints({ dataDir, records, force }: GcGround): Promise<Leftover[]> {
  const { all, surplus } = await measureCheckpoints(dataDir);
  const isPast = (taskId: string) => (readCheckpoint(dataDir, taskId)?.until ?? Number.POSITIVE_INFINITY) <= Date.now();
  const found = all.filter((each) => isTaskId(each.taskId) && (force || surplus.includes(each) || isPast(each.taskId)));
  return found.map(({ dir, taskId }) => ({
    kind: "checkpoint",
    name: taskId,
    mayGo: () => records.isUnneeded(taskId),
    remove: () => removeCheckpoint(dataDir, taskId),
    isThere: async () => existsSync(dir),
  }));
}

/** A record is gone long before its task's session would be: what no task needs that is not over, goes by its age. */
async function keptSessions({ records, force }: GcGround, aged: GcGround): Promise<Leftover[]> {
  return (await findOldSessions(aged)).map(({ dir }) => ({
    kind: "kept_session",
    name: basename(dir),
    mayGo: async () => (force ? records.isUnneeded(basename(dir)) : !(await records.isNeeded(basename(dir)))),
    remove: () => rm(dir, { recursive: true, force: true }),
    isThere: async () => existsSync(dir),
  }));
}

/** They can be made again, so no record is asked. */
async function setups(ground: GcGround): Promise<Leftover[]> {
  return (await findOldSetups(ground)).map(({ dir }) => ({
    kind: "setup",
    name: basename(dir),
    mayGo: async () => true,
    remove: () => removeFolder(ground.dataDir, dir),
    isThere: async () => existsSync(dir),
  }));
}

async function plans(ground: GcGround): Promise<Leftover[]> {
  const { dataDir, records, force } = ground;
  return (await readdir(plansDir(dataDir))).filter(isTaskId).map((plan) => ({
    kind: "plan",
    name: plan,
    async mayGo() {
      if (records.isAtWorkFor(plan)) return false;
      return (await isPlanOver(ground, plan)) || (force && (await records.isUnneeded(plan)));
    },
    remove: () => rm(join(plansDir(dataDir), plan), { recursive: true, force: true }),
    isThere: async () => existsSync(join(plansDir(dataDir), plan)),
  }));
}
