/**
 * Writes a file inside a workspace with the rights of the workspace's owner: a link that lies there, however it came there,
 * leads the write no further than its owner could go himself.
 */
import { dirname } from "node:path";
import { runProgram } from "../run-program.ts";
import { SEARCH_PATH } from "../sandbox/find-program.ts";
import { asSlotUser, type Owner } from "./slot-user.ts";

const WRITE_MS = 60_000;
/** `$1`: the folder; `$2`: the file. What is made is the owner's alone. */
const SCRIPT = 'umask 077; mkdir -p -- "$1" && cat >"$2"';

/** `path`: absolute. Replaces what the file held, makes the folders above it. */
export async function writeInWorkspace(owner: Owner, path: string, content: string): Promise<void> {
  const done = await runProgram({
    ...asSlotUser(owner, ["sh", "-c", SCRIPT, "write", dirname(path), path]),
    cwd: "/",
    env: { PATH: SEARCH_PATH, LC_ALL: "C" },
    input: content,
    timeoutMs: WRITE_MS,
  });
  if (done.exitCode !== 0) throw new Error(`Writing ${path} failed: ${done.stderr.trim().slice(-300)}`);
}
