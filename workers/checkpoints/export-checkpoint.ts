/**
 * Gets what is kept of a task's work out of its store, for a person: as a folder that is a git repository, or as a bundle. Nothing is written
 * into the store, from which a plan's agents may read.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram } from "../run-program.ts";
import { gitEnvironment, hardenedOptions, hostGitOutput } from "../workspace/git.ts";
import { checkSha } from "../workspace/host-folders.ts";
import { makeHostRepository } from "../workspace/mirror.ts";

const EXPORT_MS = 10 * 60_000;

/** The branch that holds everything: HEAD's commits, and one more with what was not committed. */
export const EVERYTHING = "orch-checkpoint";

/** `store`: a bare repository, absolute. `all`: the commit that has everything; `baseSha`: where the work started. */
export type Exportable = { store: string; all: string; baseSha: string };

/**
 * `dir` becomes a repository with the branch `orch-checkpoint` checked out. No hook, filter or attribute of the repository runs:
 * what an agent wrote is written out as it is.
 * @throws when `dir` has something in it already
 */
export async function exportToFolder({ store, all }: Exportable, dir: string): Promise<void> {
  if (existsSync(dir) && readdirSync(dir).length > 0) throw new Error(`${dir} is not empty. Name a new folder.`);
  await git(["init", "--quiet", `--initial-branch=${EVERYTHING}`, "--template=", dir]);
  // With the objects that the store borrows: the folder stands on its own.
  await git([`--git-dir=${dir}/.git`, "fetch", "--quiet", "--no-tags", store, `+${all}:refs/heads/${EVERYTHING}-new`]);
  await git(["-C", dir, "reset", "--quiet", "--hard", all]);
  await git(["-C", dir, "branch", "--quiet", "-D", `${EVERYTHING}-new`]);
}

/** One file, to be fetched from: everything beyond the base, which whoever reads it has from GitHub. */
export async function exportToBundle({ store, all, baseSha }: Exportable, file: string): Promise<void> {
  if (existsSync(file)) throw new Error(`${file} exists already. Name a new file.`);
  const folder = mkdtempSync(join(tmpdir(), "orch-bundle-"));
  const ref = `refs/heads/${EVERYTHING}`;
  try {
    const dir = join(folder, "named.git");
    makeHostRepository(dir, {
      "objects/info/alternates": `${join(store, "objects")}\n`,
      [ref]: `${checkSha(all)}\n`,
    });
    const args = ["bundle", "create", "--quiet", file, ref, `^${checkSha(baseSha)}`];
    await hostGitOutput(dir, args, { timeoutMs: EXPORT_MS });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function git(args: readonly string[]): Promise<void> {
  const done = await runProgram({
    file: "git",
    args: [...hardenedOptions(), "-c", "safe.bareRepository=all", "-c", "core.symlinks=true", ...args],
    env: { ...gitEnvironment("file"), GIT_CONFIG_GLOBAL: "/dev/null", GIT_ATTR_SOURCE: EMPTY_TREE },
    timeoutMs: EXPORT_MS,
  });
  if (done.exitCode === 0) return;
  throw new Error(`What is kept cannot be written out: ${done.stderr.trim().slice(-500)}`);
}

/** Attributes are read from a tree that has none: no filter is looked for. */
const EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
