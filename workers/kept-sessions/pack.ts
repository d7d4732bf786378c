/**
 * Moves an agent's files out of one workspace and into another without the host ever touching them. What reads and
 * writes them is tar in a sandbox, as the user whose they are: it sees the agent's home and nothing else of the task, so a
 * link leads no further than the agent itself could go. Out come files and folders only, by their contents; links, pipes
 * and devices are left behind. In between lies one file, which the kernel keeps within its bound.
 */
import { closeSync, fstatSync, openSync } from "node:fs";
import { type Finished, runProgram } from "../run-program.ts";
import { SEARCH_PATH } from "../sandbox/find-program.ts";
import type { SandboxDriver, SlotUser } from "../sandbox/sandbox.ts";
import type { Workspace } from "../workspace/workspace.ts";

/** Whose home it is, and what confines whoever works in it. */
export type Home = { driver: SandboxDriver; user: SlotUser; workspace: Workspace };

/** Of one session, packed. A long day's work of the known agents is below 20 MB. */
export const MAX_SESSION_BYTES = 256 * 1024 ** 2;

const PACK_MS = 60_000;
const NOTHING = 10;

/** `$@`: paths in the home. A second name of one file becomes a file of its own. */
const PACK = `
find -P "$@" -type f -print -quit 2>/dev/null | grep -q . || exit ${NOTHING}
find -P "$@" '(' -type f -o -type d ')' -print0 2>/dev/null |
  tar --create --file=- --format=gnu --null --no-recursion --hard-dereference --files-from=-
`;

/** Nothing is in the home yet, and nothing that is there is written over. */
const UNPACK = "umask 077 && exec tar --extract --file=- --no-same-owner --no-same-permissions --keep-old-files";

const EMPTY = "exec find -P . -mindepth 1 -delete";

/** `file`: where the pack is made; none may be there. @throws when it cannot be made */
export async function packHome(
  home: Home,
  { paths, file, maxBytes = MAX_SESSION_BYTES }: { paths: readonly string[]; file: string; maxBytes?: number },
): Promise<{ bytes: number } | "nothing" | "too large"> {
  const outputFile = openSync(file, "wx", 0o600);
  try {
    const done = await inHome(home, PACK, { words: paths.map((path) => `./${path}`), maxBytes, outputFile });
    const { size: bytes } = fstatSync(outputFile);
    if (done.exitCode === 0) return { bytes };
    if (done.exitCode === NOTHING) return "nothing";
    if (bytes >= maxBytes) return "too large";
    throw new Error(`Packing the agent's session failed: ${why(done)}`);
  } finally {
    closeSync(outputFile);
  }
}

/**
 * Into an empty home; `bytes`: what packing it has come to. When that fails the home is empty again.
 * @throws when the pack is gone or not whole, or cannot be unpacked
 */
export async function unpackHome(home: Home, { file, bytes }: { file: string; bytes: number }): Promise<void> {
  const inputFile = openSync(file, "r");
  try {
    // tar takes a pack that a power failure has cut short for one that ends there.
    if (fstatSync(inputFile).size !== bytes) throw new Error("The agent's session is not kept whole.");
    const done = await inHome(home, UNPACK, { maxBytes: MAX_SESSION_BYTES, inputFile, writable: true });
    if (done.exitCode === 0) return;
    await emptyHome(home);
    throw new Error(`Unpacking the agent's session failed: ${why(done)}`);
  } finally {
    closeSync(inputFile);
  }
}

export async function emptyHome(home: Home): Promise<void> {
  const done = await inHome(home, EMPTY, { maxBytes: 0, writable: true });
  if (done.exitCode !== 0) throw new Error(`What was unpacked cannot be removed: ${why(done)}`);
}

type Deed = { words?: string[]; maxBytes: number; writable?: boolean; inputFile?: number; outputFile?: number };

function inHome({ driver, user, workspace }: Home, script: string, deed: Deed): Promise<Finished> {
  const { words = [], maxBytes, writable = false, ...files } = deed;
  const { homeDir } = workspace.inside;
  const env = { PATH: SEARCH_PATH, LC_ALL: "C" };
  const mounts = [{ source: workspace.homeDir, target: homeDir, writable }];
  // No file may grow beyond it, neither the pack nor one that comes out of it: a file of nothing but holes is not kept small.
  const command = ["prlimit", `--fsize=${maxBytes}:${maxBytes}`, "--", "/bin/sh", "-c", script, "pack", ...words];
  const [file = "", ...args] = driver.wrap({ user, cwd: homeDir, env, mounts }, command);
  return runProgram({ ...files, file, args, env, timeoutMs: PACK_MS });
}

function why({ timedOut, stderr, exitCode, signal }: Finished): string {
  if (timedOut) return `it took longer than ${PACK_MS / 1_000} s`;
  return stderr.trim().slice(-500) || `exit code ${exitCode ?? signal}`;
}
