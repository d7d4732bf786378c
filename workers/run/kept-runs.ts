/** The runs on this machine whose task's record is in doubt, or was when they ended, and where their work lies. */
import { join } from "node:path";
import { isDoubt, standingOf } from "../../src/task/standing.ts";
import type { TaskStore } from "../../src/task/store.ts";
import { workspaceFolderOf } from "../workspace/host-folders.ts";
import { runsDir } from "./run.ts";
import { readRunFolders, runOfDir } from "./run-folder.ts";

/** `record`: what the task's record says of the run. `folder` has the agent's words and its commits, `workspace` its files. */
export type KeptRun = { task: string; record: string; folder: string; workspace: string };

export async function findKeptRuns(store: TaskStore, dataDir: string, host: string): Promise<KeptRun[]> {
  const { folders, inDoubt } = readRunFolders(runsDir(dataDir));
  const runs = [
    ...folders.map(({ dir, record }) => ({
      dir,
      run: record,
      untold: record.end === "untold",
      told: record.end === "told",
    })),
    ...inDoubt.map(({ dir }) => ({ dir, run: runOfDir(dir), untold: false, told: false })),
  ];
  const kept: KeptRun[] = [];
  for (const { dir, run, untold, told } of runs) {
    if (!run || told) continue;
    const standing = standingOf(await store.lookUp(run.taskId), { host, epoch: run.epoch });
    if (!untold && !isDoubt(standing)) continue;
    const workspace = join(dataDir, workspaceFolderOf(run.taskId));
    kept.push({ task: run.taskId, record: standing, folder: dir, workspace });
  }
  return kept;
}
