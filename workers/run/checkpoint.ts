/**
 * What a run leaves on its host when its work is not published, and until when: all that its agent has made, as a checkpoint;
 * where git cannot read that any more, the workspace as it is.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Checkpoint } from "../../src/task/checkpoint.ts";
import type { Outcome } from "../../src/task/outcome.ts";
import {
  type CheckpointRecord,
  checkpointFolderOf,
  copyCheckpoint,
  type Ready,
  readCheckpoint,
} from "../checkpoints/checkpoint-store.ts";
import { takeCheckpoint } from "../checkpoints/take-checkpoint.ts";
import { workspaceFolderOf } from "../workspace/host-folders.ts";
import { findWorkspace } from "../workspace/workspace.ts";
import { beginTaking, type Taker } from "./checkpoint-taker.ts";
import { type Ground, preparedGround } from "./ground.ts";
import { checkIn } from "./node/check-in.ts";
import type { Run, Shared } from "./run.ts";
import type { RunRecord } from "./run-record.ts";
import { confinementOf } from "./step/confinement.ts";

const DAY_MS = 24 * 3600 * 1000;
const MINUTE_MS = 60_000;

/** Work that failed is kept for a few days: somebody may want to see what the agent left. */
export function isWorthALook(outcome: Outcome): boolean {
  if (outcome.kind === "agent_failed" && outcome.reason === "disk") return false; // it is gone: there was no room for it
  return [
    "agent_failed",
    "verify_failed",
    "timed_out",
    "out_of_budget",
    "over_limit",
    "stalled",
    "host_error",
  ].includes(outcome.kind);
}

/** Until when what a run left is kept, Unix ms. Of one that is parked: as long after the end of the longest wait. */
export function keptUntil(
  { operator }: Pick<Shared, "operator">,
  { startedAt, waitsUntil = startedAt }: Pick<RunRecord, "startedAt" | "waitsUntil">,
): number {
  const { keepFailedDays } = operator.limits;
  return (keepFailedDays > 0 ? Math.max(startedAt, waitsUntil) : startedAt) + keepFailedDays * DAY_MS;
}

/** What the work comes to while the agent is at it: a host that dies, or its disk, costs minutes and not the whole. */
export async function whileTakingCheckpoints<T>(
  shared: Shared,
  run: Run,
  ground: Ground,
  work: () => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const taker = beginTaking(run, async (signal) => {
    const taken = await take(shared, run, ground, { signal });
    if (taken && run.task.spec.node) await checkIn(shared, run, taken);
    return taken;
  });
  const taking = takeRegularly(shared, run, taker, over.signal);
  try {
    return await work();
  } finally {
    over.abort();
    await Promise.all([taking, taker.end()]);
  }
}

async function takeRegularly(shared: Shared, run: Run, taker: Taker, signal: AbortSignal): Promise<void> {
  const everyMs = shared.operator.limits.checkpointMinutes * MINUTE_MS;
  for (;;) {
    await delay(everyMs, undefined, { signal, ref: false }).catch(() => undefined);
    if (signal.aborted) return;
    await taker.take().catch((error: unknown) => {
      if (!signal.aborted) run.log.warn({ err: error }, "no checkpoint could be taken; trying again later");
    });
  }
}

/** Before the end is told: whatever the host dies of then, its next life sees to the work. */
export function noteToLeave(shared: Shared, run: Run, outcome: Outcome): void {
  if (!isLeft(shared, run, outcome)) return;
  run.folder.record.toLeave = {};
  run.folder.save();
}

function isLeft(shared: Shared, run: Run, { kind }: Outcome): boolean {
  return (
    kind !== "pull_request" &&
    kind !== "merged" &&
    kind !== "no_changes" &&
    keptUntil(shared, run.folder.record) > Date.now()
  );
}

/** Undefined where nothing is kept: there is nothing, or its work is published. */
export async function leaveCheckpoint(shared: Shared, run: Run, outcome: Outcome): Promise<Checkpoint | undefined> {
  const { record } = run.folder;
  const until = keptUntil(shared, record);
  if (!isLeft(shared, run, outcome)) return undefined;
  if (record.takenUp) return leaveAgain(shared, run, { from: record.takenUp, until });
  const made = await leaveObjects(shared, run);
  if (typeof made === "object") return made;
  return made === "cannot be taken" || isWorthALook(outcome) ? leaveWorkspace(shared, run, until) : undefined;
}

/** Of a run that is parked: should its task end while it waits, or its workspace get lost. Undefined where nothing could be taken. */
export async function checkpointForParking(shared: Shared, run: Run): Promise<Checkpoint | undefined> {
  if (keptUntil(shared, run.folder.record) <= Date.now()) return undefined;
  const made = await leaveObjects(shared, run);
  return typeof made === "object" ? made : undefined;
}

async function leaveObjects(shared: Shared, run: Run): Promise<Checkpoint | "cannot be taken" | "nothing"> {
  const { record } = run.folder;
  const { prepared, steps } = record;
  if (!prepared || !steps.some(({ kind }) => kind === "agent")) return "nothing";
  try {
    const taken = await take(shared, run, preparedGround(shared, run, prepared), { ready: readyAt(record) });
    if (taken) return checkpointOf(taken) ?? "nothing";
  } catch (error) {
    run.log.warn(
      { err: error },
      "no checkpoint could be taken: what was put aside before, or the workspace, is kept instead",
    );
  }
  return takenBefore(shared, run, prepared.baseSha) ?? "cannot be taken";
}

/** While its agent worked: some minutes old, and better than nothing. */
function takenBefore({ dataDir }: Shared, run: Run, baseSha: string): Checkpoint | undefined {
  const before = readCheckpoint(dataDir, run.task.spec.id);
  return before?.baseSha === baseSha ? checkpointOf(before) : undefined;
}

/** Undefined where the run never came to have one. */
function leaveWorkspace({ dataDir, driver }: Shared, run: Run, until: number): Checkpoint | undefined {
  const { id: taskId } = run.task.spec;
  if (!findWorkspace({ dataDir, taskId, user: run.user, seenAt: driver.workspaceAt })) return undefined;
  const commits = run.folder.record.steps.findLast(({ kind }) => kind === "agent")?.collected?.commits;
  return { kind: "workspace", folder: workspaceFolderOf(taskId), until, ...(commits !== undefined && { commits }) };
}

/** Publishing did not succeed again: the work is this task's now, so that it can be tried once more. */
async function leaveAgain(
  { dataDir }: Shared,
  run: Run,
  { from, until }: { from: string; until: number },
): Promise<Checkpoint | undefined> {
  const taken = await copyCheckpoint(dataDir, { from, to: run.task.spec.id, until });
  return taken && checkpointOf(taken);
}

function checkpointOf(record: CheckpointRecord): Checkpoint | undefined {
  const { taskId, commits, files, elsewhere, until, ready } = record;
  if (commits === 0 && files === 0 && elsewhere === 0) return undefined;
  const kept = { commits, files, ...(elsewhere > 0 && { elsewhere }), ...(ready && { ready: true as const }) };
  return { kind: "objects", folder: checkpointFolderOf(taskId), until, ...kept };
}

/** The work as it was to be published, where it came that far. */
function readyAt({ ready, prepared, finish }: RunRecord): Ready | undefined {
  return ready && prepared ? { ...ready, agent: prepared.agent, ...(finish && { finish }) } : undefined;
}

async function take(
  shared: Shared,
  run: Run,
  ground: Ground,
  { signal, ready }: { signal?: AbortSignal; ready?: Ready | undefined },
): Promise<CheckpointRecord | undefined> {
  const { workspace, mirror, prepared } = ground;
  return takeCheckpoint({
    ...{ workspace, mirror, driver: shared.driver, confinement: confinementOf(run, ground) },
    ...{ dataDir: shared.dataDir, taskId: run.task.spec.id, repositoryId: prepared.repositoryId },
    ...{ branch: prepared.branch, baseSha: prepared.baseSha, until: keptUntil(shared, run.folder.record) },
    ...(signal && { signal }),
    ready,
    log: run.log,
  });
}
