/** What differs between two trees, read from the quarantine: no work tree, no attributes, no filters are involved. */
import { hostGit, hostGitOutput } from "../workspace/git.ts";
import { checkSha } from "../workspace/host-folders.ts";
import type { Quarantine } from "./quarantine.ts";

/** One changed path. `mode` and `blob` are those of the new side; mode "000000" means that the path is gone. */
export type Change = { path: string; mode: string; blob: string; oldMode: string; oldBlob: string };

export type DiffStat = { files: number; additions: number; deletions: number };

/** `before`: a commit, or a tree. */
export type Difference = { quarantine: Quarantine; before: string; tip: string };

/** Of files that are gone there may be many: a hundred thousand of them need less. */
const MAX_LIST_BYTES = 32_000_000;
const FLAGS = ["-r", "-z", "--no-renames", "--no-abbrev", "--no-ext-diff", "--no-textconv"];
export const DELETED = "000000";
/** And of another repository within the repository. */
export const SUBMODULE = "160000";

/** All changed paths, or "too many" when the list alone is beyond measure. A path that is not UTF-8 contains U+FFFD. */
export async function readChanges({ quarantine, before, tip }: Difference): Promise<Change[] | "too many"> {
  const args = ["diff-tree", "--raw", ...FLAGS, checkSha(before), checkSha(tip)];
  const done = await hostGit(quarantine.dir, args, { maxOutputBytes: MAX_LIST_BYTES });
  if (done.truncated) return "too many";
  if (done.exitCode !== 0) throw new Error(`Comparing ${before} with ${tip} failed: ${done.stderr.trim().slice(-300)}`);
  const fields = done.stdout.split("\0");
  const changes: Change[] = [];
  for (let index = 0; index + 1 < fields.length; index += 2) {
    // :<old mode> <new mode> <old object> <new object> <status>
    const [oldMode = "", mode = "", oldBlob = "", blob = ""] = (fields[index] ?? "").slice(1).split(" ");
    changes.push({ path: fields[index + 1] ?? "", mode, blob, oldMode, oldBlob });
  }
  return changes;
}

/** Counts files and lines; a binary file counts as a file without lines. */
export async function diffStat({ quarantine, before, tip }: Difference): Promise<DiffStat> {
  const args = ["diff-tree", "--numstat", ...FLAGS, checkSha(before), checkSha(tip)];
  const told = await hostGitOutput(quarantine.dir, args, { maxOutputBytes: MAX_LIST_BYTES });
  const lines = told.split("\0").filter((line) => line !== "");
  const sum = (column: number) =>
    lines.reduce((total, line) => total + (Number.parseInt(line.split("\t")[column] ?? "", 10) || 0), 0);
  return { files: lines.length, additions: sum(0), deletions: sum(1) };
}
