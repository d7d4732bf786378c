/**
 * `orch checkpoint TASK`: what this machine keeps of a task's work that was not published, and how to get it out: into a folder
 * (`--to`), or as a bundle for git (`--bundle`). Of a team's task that is what its nodes had merged. Asks nobody but this machine's disk, so that it works without Redis too.
 */
import { resolve } from "node:path";
import type { Env } from "../src/config.ts";
import { dataDirOf } from "../src/data-dir.ts";
import { duration } from "../src/text/amounts.ts";
import { keptObjects } from "../src/words/checkpoint-words.ts";
import { type CheckpointRecord, checkpointDir, findCheckpoints } from "../workers/checkpoints/checkpoint-store.ts";
import { EVERYTHING, exportToBundle, exportToFolder } from "../workers/checkpoints/export-checkpoint.ts";
import { findKeptPlans, type KeptPlan } from "../workers/integrate/kept-plans.ts";

export type CheckpointOptions = { to?: string; bundle?: string; json?: boolean };

/** `task`: an id, or its beginning; without one all are listed. 1 when none is kept of that task, or several are meant. */
export async function checkpoint(env: Env, task: string | undefined, options: CheckpointOptions): Promise<number> {
  const dataDir = dataDirOf(env);
  const found = (await findKept(dataDir)).filter(({ taskId }) => taskId.startsWith(task ?? ""));
  const [first, ...others] = found;
  if (!first) return none(task, options);
  if (task === undefined || others.length > 0) return list(found, task, options);
  if (options.to !== undefined) await exportToFolder(first, resolve(options.to));
  if (options.bundle !== undefined) await exportToBundle(first, resolve(options.bundle));
  say(options.json ? JSON.stringify(shown(first)) : [...told(first), ...next(first, options)].join("\n"));
  return 0;
}

type Kept = (CheckpointRecord & { store: string }) | KeptPlan;

/** What agents have made, newest first, then what teams have merged. */
async function findKept(dataDir: string): Promise<Kept[]> {
  const checkpoints = findCheckpoints(dataDir).map((each) => ({ ...each, store: checkpointDir(dataDir, each.taskId) }));
  const plans = await findKeptPlans(dataDir);
  const isPlan = (id: string) => plans.some(({ taskId }) => taskId === id);
  return [...checkpoints.filter(({ taskId }) => !isPlan(taskId)), ...plans];
}

function none(task: string | undefined, { json }: CheckpointOptions): number {
  const which =
    task === undefined ? "No checkpoint is kept" : `No checkpoint of a task ${JSON.stringify(task)} is kept`;
  const sentence = `${which} on this machine, or not under this ORCH_DATA. \`orch why TASK\` names the host that keeps it.`;
  if (json) say(JSON.stringify(task === undefined ? [] : { error: sentence }));
  else process.stderr.write(`${sentence}\n`);
  return task === undefined ? 0 : 1;
}

/** Of several that are meant none is taken. */
function list(found: readonly Kept[], task: string | undefined, options: CheckpointOptions): number {
  say(options.json ? JSON.stringify(found.map(shown)) : found.flatMap(told).join("\n"));
  if (task === undefined) return 0;
  process.stderr.write(`Several tasks begin with ${JSON.stringify(task)}: write more of the id.\n`);
  return 1;
}

function told(kept: Kept): string[] {
  const now = Date.now();
  const what = `${kept.taskId}: ${keptObjects(kept)}`;
  if (!("takenAt" in kept)) return [`${what}, merged of its plan`];
  const { branch, takenAt, until } = kept;
  return [
    `${what}, for ${branch}`,
    `  taken ${duration(now - takenAt)} ago, kept for another ${duration(Math.max(0, until - now))}`,
  ];
}

function next({ taskId }: Kept, { to, bundle }: CheckpointOptions): string[] {
  const done = [
    ...(to === undefined
      ? []
      : [`  In ${resolve(to)}, on the branch ${EVERYTHING}. Hooks and settings of it are git's own.`]),
    ...(bundle === undefined ? [] : [`  In a clone: git fetch ${resolve(bundle)} ${EVERYTHING}`]),
  ];
  return done.length > 0 ? done : [`  Get it out: orch checkpoint ${taskId} --to FOLDER, or --bundle FILE`];
}

function shown(kept: Kept) {
  const { taskId, baseSha, all, commits, files } = kept;
  const known = { task: taskId, baseSha, all, commits, files };
  if (!("takenAt" in kept)) return { ...known, head: all };
  const { repositoryId, branch, head, elsewhere, takenAt, until } = kept;
  return { ...known, repositoryId, branch, head, elsewhere, takenAt, until };
}

const say = (text: string) => process.stdout.write(`${text}\n`);
