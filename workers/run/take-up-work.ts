/**
 * A task that is tried again because its work could not be published: where the host still keeps that work, and nothing that it
 * rests on has changed, it is published as it is. The agent does not run, and costs nothing.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { commandLine } from "../../src/text/shell-words.ts";
import { type CheckpointRecord, checkpointDir, type Ready, readCheckpoint } from "../checkpoints/checkpoint-store.ts";
import { openQuarantine } from "../publish/quarantine.ts";
import { collectedDir } from "./collected.ts";
import type { Ground } from "./ground.ts";
import { endHeld } from "./prepare/hold-agent.ts";
import { type Run, type Shared, tell } from "./run.ts";
import type { Worked } from "./work.ts";

/** Undefined where the agent has to work. */
export async function takeUpWork(shared: Shared, run: Run, ground: Ground): Promise<Worked | undefined> {
  const earlier = run.task.spec.retries;
  const kept = earlier === undefined ? undefined : readCheckpoint(shared.dataDir, earlier);
  if (earlier === undefined || !kept?.ready || !isUnchanged(kept, kept.ready, ground)) return undefined;
  const { agent, summary, finish, verification, stopped, tip, commits } = kept.ready;
  await endHeld(shared, run);
  const store = checkpointDir(shared.dataDir, earlier);
  if (!existsSync(collectedDir(run)))
    openQuarantine(collectedDir(run), ground.mirror, ground.prepared.baseSha, [join(store, "objects")]);
  run.folder.record.takenUp = earlier;
  run.folder.record.finish = finish;
  run.folder.save();
  const start = { how: "taken up" as const, task: earlier };
  const said = { ...(summary && { summary }), ...(finish && { finish }) };
  const progress = { start, agent, ...said, ...(verification && { verification }) };
  await tell(shared, run, { name: "progress", progress, at: Date.now() });
  run.log.info({ earlier, commits }, "the work of an earlier task is published: its agent does not run again");
  const about = { ...(verification && { verification }), ...(stopped && { stopped }) };
  return { verdict: { ok: true }, collected: { tip, commits }, ...about };
}

/** The same repository, start and agent, and the check that it has passed is the one that it has to pass. */
function isUnchanged(kept: CheckpointRecord, ready: Ready, { prepared }: Ground): boolean {
  const passed = ready.verification?.exitCode === 0 ? ready.verification.command : undefined;
  return (
    kept.repositoryId === prepared.repositoryId &&
    kept.baseSha === prepared.baseSha &&
    ready.agent === prepared.agent &&
    passed === (prepared.verify && commandLine(prepared.verify))
  );
}
