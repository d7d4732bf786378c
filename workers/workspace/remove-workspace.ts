/**
 * Deletes a workspace, whatever the agent has made of it. Done with the powers of the workspace's owner, so that even a
 * mistake here could only hurt that task; links are removed, never followed.
 */
import { lstatSync } from "node:fs";
import { rmdir } from "node:fs/promises";
import { runProgram } from "../run-program.ts";
import { SEARCH_PATH } from "../sandbox/find-program.ts";
import { workspaceDir } from "./host-folders.ts";
import { removeRecord } from "./record.ts";
import { asSlotUser, type Owner } from "./slot-user.ts";

const REMOVE_MS = 10 * 60_000;

/** Safe to repeat, also after a crash in the middle; a workspace that is not there is fine. */
export async function removeWorkspace({ dataDir, taskId }: { dataDir: string; taskId: string }): Promise<void> {
  const dir = workspaceDir(dataDir, taskId);
  removeRecord(dir);
  await removeOwned(dir);
}

/** The same for another folder of a slot's user that stands in one of the host's own. */
export async function removeOwned(dir: string): Promise<void> {
  const owner = ownerOf(dir);
  if (owner === "nothing there") return;
  // `rm` fails on folders that the agent has locked against itself (chmod 000): open those, then once more.
  if (!(await empty(dir, owner))) {
    await run(owner, ["find", "-P", dir, "-type", "d", "!", "-perm", "-700", "-exec", "chmod", "u+rwx", "{}", ";"]);
    await empty(dir, owner);
  }
  // Left is the folder itself, which stands in the host's own folder; or a real obstacle, and then this throws.
  await rmdir(dir);
}

/** Removes all that is in `dir`, which its owner may not remove itself. */
async function empty(dir: string, owner: Owner): Promise<boolean> {
  const done = await run(owner, ["find", "-P", dir, "-mindepth", "1", "-delete"]);
  return done.exitCode === 0;
}

function run(owner: Owner, command: [string, ...string[]]) {
  return runProgram({
    ...asSlotUser(owner, command),
    cwd: "/",
    env: { PATH: SEARCH_PATH, LC_ALL: "C" },
    timeoutMs: REMOVE_MS,
    maxOutputBytes: 50_000_000, // one line of complaint per locked folder
  });
}

/** The user who owns the folder, as far as we can become him: only root can become another. */
function ownerOf(dir: string): Owner | "nothing there" {
  const found = lstatSync(dir, { throwIfNoEntry: false });
  if (found === undefined) return "nothing there";
  return process.getuid?.() === 0 && found.uid !== 0 ? { uid: found.uid, gid: found.gid } : {};
}
