/** What a run leaves behind for somebody to look at, and until when. */
import type { Checkpoint, Outcome } from "../../src/task/task.ts";
import { workspaceFolderOf } from "../workspace/host-folders.ts";
import { findWorkspace } from "../workspace/workspace.ts";
import type { Run, Shared } from "./run.ts";
import type { RunRecord } from "./run-record.ts";

const DAY_MS = 24 * 3600 * 1000;

/** Work that failed is kept for a few days: somebody may want to see what the agent left. */
export function isWorthALook(outcome: Outcome): boolean {
  return ["agent_failed", "verify_failed", "timed_out", "out_of_budget", "host_error"].includes(outcome.kind);
}

/** Until when what a run left is kept, Unix ms. */
export function keptUntil({ operator }: Pick<Shared, "operator">, { startedAt }: Pick<RunRecord, "startedAt">): number {
  return startedAt + operator.limits.keepFailedDays * DAY_MS;
}

/** Undefined where nothing is kept, or the run never came to have a workspace. */
export function checkpointOf(shared: Shared, run: Run, outcome: Outcome): Checkpoint | undefined {
  const { dataDir, driver } = shared;
  const { record } = run.folder;
  const until = keptUntil(shared, record);
  if (!isWorthALook(outcome) || until <= Date.now()) return undefined;
  const { id: taskId } = run.task.spec;
  if (!findWorkspace({ dataDir, taskId, user: run.user, seenAt: driver.workspaceAt })) return undefined;
  const commits = record.steps.findLast(({ kind }) => kind === "agent")?.collected?.commits;
  return { kind: "workspace", folder: workspaceFolderOf(taskId), until, ...(commits !== undefined && { commits }) };
}
