/** Gets a checkpoint out of its store, for a person: as a folder that is a git repository, or as a bundle. */
import { existsSync, readdirSync } from "node:fs";
import { runProgram } from "../run-program.ts";
import { gitEnvironment, hardenedOptions, hostGitOutput } from "../workspace/git.ts";
import { type CheckpointRecord, checkpointDir } from "./checkpoint-store.ts";

const EXPORT_MS = 10 * 60_000;

/** The branch that holds everything: HEAD's commits, and one more with what was not committed. */
export const EVERYTHING = "orch-checkpoint";

/**
 * `dir` becomes a repository with the branch `orch-checkpoint` checked out. No hook, filter or attribute of the repository runs:
 * what an agent wrote is written out as it is.
 * @throws when `dir` has something in it already
 */
export async function exportToFolder(dataDir: string, { taskId, all }: CheckpointRecord, dir: string): Promise<void> {
  if (existsSync(dir) && readdirSync(dir).length > 0) throw new Error(`${dir} is not empty. Name a new folder.`);
  const store = checkpointDir(dataDir, taskId);
  await git(["init", "--quiet", `--initial-branch=${EVERYTHING}`, "--template=", dir]);
  // With the objects that the store borrows: the folder stands on its own.
  await git([`--git-dir=${dir}/.git`, "fetch", "--quiet", "--no-tags", store, `+${all}:refs/heads/${EVERYTHING}-new`]);
  await git(["-C", dir, "reset", "--quiet", "--hard", all]);
  await git(["-C", dir, "branch", "--quiet", "-D", `${EVERYTHING}-new`]);
}

/** One file, to be fetched from: everything beyond the base, which whoever reads it has from GitHub. */
export async function exportToBundle(dataDir: string, record: CheckpointRecord, file: string): Promise<void> {
  if (existsSync(file)) throw new Error(`${file} exists already. Name a new file.`);
  const store = checkpointDir(dataDir, record.taskId);
  const ref = `refs/heads/${EVERYTHING}`;
  await hostGitOutput(store, ["update-ref", ref, record.all]);
  await hostGitOutput(store, ["bundle", "create", "--quiet", file, ref, `^${record.baseSha}`], {
    timeoutMs: EXPORT_MS,
  });
}

async function git(args: readonly string[]): Promise<void> {
  const done = await runProgram({
    file: "git",
    args: [...hardenedOptions(), "-c", "safe.bareRepository=all", "-c", "core.symlinks=true", ...args],
    env: { ...gitEnvironment("file"), GIT_CONFIG_GLOBAL: "/dev/null", GIT_ATTR_SOURCE: EMPTY_TREE },
    timeoutMs: EXPORT_MS,
  });
  if (done.exitCode === 0) return;
  throw new Error(`The checkpoint cannot be written out: ${done.stderr.trim().slice(-500)}`);
}

/** Attributes are read from a tree that has none: no filter is looked for. */
const EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
