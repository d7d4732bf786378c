/**
 * Keeps what a setup command has made, and gives it to another workspace in place of running it again: the files that git ignores,
 * and the home. Copied both ways, or cloned where the file system can, never linked: nobody who gets it can change what is kept.
 * The copying is done in a sandbox by the slot's user; what is kept belongs to the host.
 */
import { randomBytes } from "node:crypto";
import { chownSync } from "node:fs";
import { rm } from "node:fs/promises";
import { type TipRepository, withTipRepository } from "../publish/tip-repository.ts";
import { runProgram } from "../run-program.ts";
import { SEARCH_PATH } from "../sandbox/find-program.ts";
import { finishFolder, isWhole, makePassing, type SetupOwner, setupFolder, touch } from "./setup-folder.ts";

export type SetupPlace = TipRepository & { signal?: AbortSignal };

const COPY_MS = 5 * 60_000;
/** A larger result is made anew each time. */
const MAX_BYTES = 4 * 1024 ** 3;
const TOO_LARGE = 11;

/**
 * `$4`: where it is kept; `$5`: the home; `$6`: bytes at most. What npm has downloaded is of no use once it is installed. Prints how
 * many bytes there are.
 */
const KEEP = `
umask 022
mkdir "$4/tree" "$4/home" || exit 1
git ls-files -z --others --ignored --exclude-per-directory=.gitignore --directory >"$dir/list" || exit 1
list() { cat "$dir/list"; find "$5" -mindepth 1 -maxdepth 1 ! -name .npm -print0; }
bytes=$(list "$@" | du --bytes --summarize --total --files0-from=- | tail -n 1 | cut -f 1)
test "\${bytes:-0}" -le "$6" || exit ${TOO_LARGE}
xargs -0 --no-run-if-empty cp -a --reflink=auto --parents -t "$4/tree" -- <"$dir/list" || exit 1
find "$5" -mindepth 1 -maxdepth 1 ! -name .npm -exec cp -a --reflink=auto -t "$4/home" -- {} + || exit 1
echo "\${bytes:-0}"
`;

const TAKE = `
umask 022
cp -a --reflink=auto --no-preserve=ownership -- "$1/tree/." . && cp -a --reflink=auto --no-preserve=ownership -- "$1/home/." "$2/"
`;

/** Nothing but the commit's files was there before. `$4`: the home. */
const UNDO = `
git clean --force --force -d -x --quiet && find "$4" -mindepth 1 -delete
`;

/** Nothing that the user started may run any more. One that is too large is not kept. @throws when it cannot be copied */
export async function keepSetup(dataDir: string, owner: SetupOwner, place: SetupPlace): Promise<void> {
  const to = setupFolder(dataDir, owner);
  if (isWhole(to)) return;
  const filling = makePassing(dataDir, `filling-${randomBytes(6).toString("hex")}`);
  try {
    const bytes = await fill(filling, place);
    if (bytes === "too large") return;
    await takeOver(filling);
    await finishFolder(filling, to, bytes);
  } finally {
    await rm(filling, { recursive: true, force: true });
  }
}

/** Into a tree that holds the commit's files alone, and an empty home. False when there is none, or none that could be copied whole. */
export async function takeSetup(dataDir: string, owner: SetupOwner, place: SetupPlace): Promise<boolean> {
  const from = setupFolder(dataDir, owner);
  if (!isWhole(from)) return false;
  touch(from);
  const { workspace, driver, confinement, signal } = place;
  const env = { PATH: SEARCH_PATH, LC_ALL: "C" };
  const seen = { ...confinement, mounts: [...confinement.mounts, { source: from }] };
  const words = ["/bin/sh", "-c", TAKE, "take", from, workspace.inside.homeDir];
  const [file = "", ...args] = driver.wrap({ ...seen, cwd: workspace.inside.treeDir, env }, words);
  const done = await runProgram({ file, args, env, timeoutMs: COPY_MS, signal });
  if (done.exitCode === 0) return true;
  signal?.throwIfAborted();
  const undone = await runProgram({
    ...withTipRepository(place, UNDO, [workspace.inside.homeDir]),
    timeoutMs: COPY_MS,
    signal,
  });
  if (undone.exitCode === 0) return false;
  throw new Error(`A kept setup was copied in part, and that cannot be undone: ${undone.stderr.trim().slice(-300)}`);
}

async function fill(filling: string, place: SetupPlace): Promise<number | "too large"> {
  const { workspace, confinement, signal } = place;
  const { uid, gid } = confinement.user;
  if (uid !== undefined && gid !== undefined) chownSync(filling, uid, gid);
  const mounts = [...confinement.mounts, { source: filling, writable: true }];
  const words = [filling, workspace.inside.homeDir, String(MAX_BYTES)];
  const program = withTipRepository({ ...place, confinement: { ...confinement, mounts } }, KEEP, words);
  const done = await runProgram({ ...program, timeoutMs: COPY_MS, signal });
  if (done.exitCode === TOO_LARGE) return "too large";
  const bytes = Number(done.stdout.trim());
  if (done.exitCode === 0 && Number.isSafeInteger(bytes)) return bytes;
  signal?.throwIfAborted();
  throw new Error(`What the setup command made cannot be kept: ${done.stderr.trim().slice(-300)}`);
}

/** From now on it is the host's, readable by all who are shown it, and runs with nobody's rights. Links are not followed. */
async function takeOver(dir: string): Promise<void> {
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  const commands: [string, string[]][] = [
    ["chown", ["-hR", `${uid}:${gid}`, dir]],
    ["chmod", ["-R", "u+rwX,go+rX,go-w,u-s,g-s", dir]],
  ];
  for (const [file, args] of commands) {
    const done = await runProgram({ file, args, env: { PATH: SEARCH_PATH, LC_ALL: "C" }, timeoutMs: COPY_MS });
    if (done.exitCode !== 0) throw new Error(`${file} of a kept setup failed: ${done.stderr.trim().slice(-300)}`);
  }
}
