/**
 * Where a host keeps what an agent has made until it is published: a bare repository for each task,
 * `<data>/host/checkpoints/<task>.git`, which only the host can enter. It borrows the mirror's objects; the mirror itself never
 * holds any of it, because other tasks' agents read that. Objects arrive as they do in a run's quarantine: checked and bounded.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { type Finish, finishShape } from "../../src/task/finish.ts";
import type { Stopped } from "../../src/task/outcome.ts";
import type { Verification } from "../../src/task/progress.ts";
import { stoppedShape } from "../../src/task/stopped-shape.ts";
import { verificationShape } from "../../src/task/task-shape.ts";
import { openQuarantine, type Quarantine } from "../publish/quarantine.ts";
import { checkTaskId } from "../workspace/host-folders.ts";
import type { Mirror } from "../workspace/mirror.ts";

/** The refs of a checkpoint: the agent's HEAD, and the commit that stands for everything. */
export const HEAD_REF = "refs/orch/head";
export const ALL_REF = "refs/orch/all";
/** What was to be published, where the work came that far. */
export const READY_REF = "refs/orch/ready";

const sha = z.string().regex(/^[0-9a-f]{40}$/);

/** Loose: what a newer Orch has noted down does no harm. Times are Unix ms. */
const schema = z.looseObject({
  taskId: z.string(),
  repositoryId: z.number(),
  /** The branch that the work is for, and the commit that it started from. */
  branch: z.string(),
  baseSha: sha,
  head: sha,
  all: sha,
  takenAt: z.number(),
  /** How long that took, ms. */
  tookMs: z.number().default(0),
  until: z.number(),
  /** How many commits HEAD has beyond the base; how many files differ from the base, committed or not. */
  commits: z.number(),
  files: z.number(),
  /** Commits on other branches of the agent's, and in stashes. */
  elsewhere: z.number().default(0),
  /** The work is done and was not published: what would have been, and the check that it passed, where there is one. */
  ready: z
    .looseObject({
      tip: sha,
      commits: z.number(),
      agent: z.string(),
      stopped: stoppedShape.optional(),
      summary: z.string().optional(),
      finish: finishShape.optional(),
      verification: verificationShape.optional(),
    })
    .optional(),
});

export type Ready = {
  tip: string;
  commits: number;
  agent: string;
  stopped?: Stopped | undefined;
  summary?: string | undefined;
  finish?: Finish | undefined;
  verification?: Verification | undefined;
};
export type CheckpointRecord = Pick<
  z.output<typeof schema>,
  | "taskId"
  | "repositoryId"
  | "branch"
  | "baseSha"
  | "head"
  | "all"
  | "takenAt"
  | "tookMs"
  | "until"
  | "commits"
  | "files"
  | "elsewhere"
> & { ready?: Ready | undefined };

/** Below the host's data. */
export const checkpointFolderOf = (taskId: string): string => join("host", "checkpoints", `${checkTaskId(taskId)}.git`);

export const checkpointsDir = (dataDir: string): string => join(dataDir, "host", "checkpoints");

/** Absolute. Throws when the id is not one of a task. */
export const checkpointDir = (dataDir: string, taskId: string): string => join(dataDir, checkpointFolderOf(taskId));

const recordIn = (dir: string): string => join(dir, "orch.json");

/** The task's store, made where there is none yet. One of a run that started from another commit is made anew. */
export async function openCheckpointStore(
  dataDir: string,
  { taskId, mirror, base }: { taskId: string; mirror: Mirror; base: string },
): Promise<Quarantine> {
  mkdirSync(checkpointsDir(dataDir), { recursive: true, mode: 0o700 });
  const dir = checkpointDir(dataDir, taskId);
  if (existsSync(dir) && readFileSync(join(dir, "refs/orch/base"), "utf8").trim() !== base)
    await removeCheckpoint(dataDir, taskId);
  return openQuarantine(dir, mirror, base);
}

export function writeCheckpoint(dataDir: string, record: CheckpointRecord): void {
  const file = recordIn(checkpointDir(dataDir, record.taskId));
  writeFileSync(`${file}.new`, JSON.stringify(record), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** Undefined when none was taken, it is removed, or a power failure cut it off. */
export function readCheckpoint(dataDir: string, taskId: string): CheckpointRecord | undefined {
  try {
    return schema.parse(JSON.parse(readFileSync(recordIn(checkpointDir(dataDir, taskId)), "utf8")));
  } catch {
    return undefined;
  }
}

/** All that there are on this host, newest first. */
export function findCheckpoints(dataDir: string): CheckpointRecord[] {
  const dir = checkpointsDir(dataDir);
  const ids = (existsSync(dir) ? readdirSync(dir) : []).flatMap(
    (name) => /^(t[a-z2-7]{15})\.git$/.exec(name)?.[1] ?? [],
  );
  return ids.flatMap((id) => readCheckpoint(dataDir, id) ?? []).sort((one, other) => other.takenAt - one.takenAt);
}

/** Undefined where there is none any more. */
export async function copyCheckpoint(
  dataDir: string,
  { from, to, until }: { from: string; to: string; until: number },
): Promise<CheckpointRecord | undefined> {
  const record = readCheckpoint(dataDir, from);
  if (!record) return undefined;
  await removeCheckpoint(dataDir, to);
  await cp(checkpointDir(dataDir, from), checkpointDir(dataDir, to), { recursive: true });
  const copied = { ...record, taskId: to, until };
  writeCheckpoint(dataDir, copied);
  return copied;
}

export async function removeCheckpoint(dataDir: string, taskId: string): Promise<void> {
  await rm(checkpointDir(dataDir, taskId), { recursive: true, force: true });
}
