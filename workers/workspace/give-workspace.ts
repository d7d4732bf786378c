/** Makes a task's workspace another slot's, with all that its agent left there. Nothing of the task may be running. */
import { runProgram } from "../run-program.ts";
import { workspaceDir } from "./host-folders.ts";
import { readRecord, writeRecord } from "./record.ts";
import type { WorkspaceOptions } from "./workspace.ts";

const GIVE_MS = 10 * 60_000;

/**
 * Links are not followed, and only what belongs to the earlier user changes hands: a name that leads elsewhere gives nothing away.
 * Again is fine, also after it broke off. @throws Error when it fails
 */
export async function giveWorkspace({
  dataDir,
  taskId,
  user,
}: Pick<WorkspaceOptions, "dataDir" | "taskId" | "user" | "seenAt">): Promise<void> {
  const dir = workspaceDir(dataDir, taskId);
  const record = readRecord(dir);
  if (!record || record.uid === user.uid) return;
  const args = ["-R", "-P", "-h", `--from=${record.uid}`, "--", `${user.uid}:${user.gid}`, dir];
  const done = await runProgram({
    file: "chown",
    args,
    timeoutMs: GIVE_MS,
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
  });
  if (done.exitCode !== 0) throw new Error(`The workspace cannot be given to another slot: ${done.stderr.slice(-300)}`);
  writeRecord(dir, { ...record, uid: user.uid });
}
