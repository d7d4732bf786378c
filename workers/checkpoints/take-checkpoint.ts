/** Takes a checkpoint: everything that the agent has made so far, as objects in the task's own store. Safe to repeat. */
import type { Logger } from "pino";
import { takeObjects } from "../publish/collect.ts";
import { hostGitOutput } from "../workspace/git.ts";
import type { Mirror } from "../workspace/mirror.ts";
import {
  ALL_REF,
  type CheckpointRecord,
  HEAD_REF,
  openCheckpointStore,
  READY_REF,
  type Ready,
  readCheckpoint,
  writeCheckpoint,
} from "./checkpoint-store.ts";
import { makeSnapshot, type Snapshot, type SnapshotOf } from "./snapshot.ts";

export type Taking = SnapshotOf & {
  dataDir: string;
  mirror: Mirror;
  taskId: string;
  repositoryId: number;
  branch: string;
  baseSha: string;
  /** Until when it is kept, Unix ms. */
  until: number;
  ready?: Ready | undefined;
  log: Logger;
};

/**
 * Undefined when the agent's repository gives nothing that passes. An agent that has changed nothing since the last one costs half: what
 * stands for everything is there already. @throws what the disk throws
 */
export async function takeCheckpoint(taking: Taking): Promise<CheckpointRecord | undefined> {
  const { dataDir, taskId, until, log } = taking;
  const startedAt = performance.now();
  const before = readCheckpoint(dataDir, taskId);
  const snapshot = await makeSnapshot({ ...taking, last: before?.all });
  if (!snapshot) {
    log.warn("no checkpoint: git cannot read what the agent has left");
    return undefined;
  }
  const isThere = before !== undefined && isOf(before, taking, snapshot);
  const taken = isThere ? before : await takeSnapshot(taking, snapshot);
  const record = { ...taken, until, takenAt: Date.now(), tookMs: Math.round(performance.now() - startedAt) };
  writeCheckpoint(dataDir, record);
  log.debug({ commits: record.commits, files: record.files, ms: record.tookMs }, "checkpoint taken");
  return record;
}

/** The objects of a record stand in the store: it was written after they had arrived. */
const isOf = (before: CheckpointRecord, { baseSha, branch, ready }: Taking, { head, all }: Snapshot): boolean =>
  !ready &&
  !before.ready &&
  [before.baseSha, before.branch, before.head, before.all].join() === [baseSha, branch, head, all].join();

async function takeSnapshot(taking: Taking, { head, all }: Snapshot) {
  const { dataDir, taskId, repositoryId, branch, baseSha, ready, mirror } = taking;
  const store = await openCheckpointStore(dataDir, { taskId, mirror, base: baseSha });
  await takeObjects({ ...taking, quarantine: store }, { what: all, ref: ALL_REF });
  // What the sandbox says of its HEAD is the agent's word: it must be part of what has arrived.
  await hostGitOutput(store.dir, ["merge-base", "--is-ancestor", head, all]);
  await hostGitOutput(store.dir, ["update-ref", HEAD_REF, head]);
  if (ready) await takeObjects({ ...taking, quarantine: store }, { what: ready.tip, ref: READY_REF });
  const counts = await countIn(store.dir, { baseSha, head, all });
  return { taskId, repositoryId, branch, baseSha, head, all, ...counts, ...(ready && { ready }) };
}

const MAX_NAMES_BYTES = 50_000_000;

async function countIn(dir: string, { baseSha, head, all }: { baseSha: string; head: string; all: string }) {
  const commits = Number(await hostGitOutput(dir, ["rev-list", "--count", head, `^${baseSha}`]));
  const others = Number(await hostGitOutput(dir, ["rev-list", "--count", all, `^${head}`, `^${baseSha}`]));
  const flags = ["-r", "-z", "--name-only", "--no-renames", "--no-ext-diff"];
  const names = await hostGitOutput(dir, ["diff-tree", ...flags, baseSha, all], { maxOutputBytes: MAX_NAMES_BYTES });
  // The commit that stands for everything is none of the agent's.
  return { commits, elsewhere: all === head ? 0 : others - 1, files: names.split("\0").length - 1 };
}
