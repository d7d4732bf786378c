/** What differs between two commits, read from the quarantine's trees: no work tree, no attributes, no filters are involved. */
import { hostGit, hostGitOutput } from "../workspace/git.ts";
import { checkSha } from "../workspace/host-folders.ts";
import type { Quarantine } from "./quarantine.ts";

/** One changed path. `mode` and `blob` are those of the new side; mode "000000" means that the path is gone. */
export type Change = { path: string; mode: string; blob: string };

export type DiffStat = { files: number; additions: number; deletions: number };

/** `secrets`: what no change may hold. */
export type Span = { quarantine: Quarantine; base: string; tip: string; secrets?: readonly string[] };

/** More than this is no change that a person could read; 300 paths of the greatest length need less. */
const MAX_LIST_BYTES = 2_000_000;
const FLAGS = ["-r", "-z", "--no-renames", "--no-abbrev", "--no-ext-diff", "--no-textconv"];

/** All changed paths, or "too many" when the list alone is beyond measure. A path that is not UTF-8 contains U+FFFD. */
export async function readChanges({ quarantine, base, tip }: Span): Promise<Change[] | "too many"> {
  const args = ["diff-tree", "--raw", ...FLAGS, checkSha(base), checkSha(tip)];
  const done = await hostGit(quarantine.dir, args, { maxOutputBytes: MAX_LIST_BYTES });
  if (done.truncated) return "too many";
  if (done.exitCode !== 0) throw new Error(`Comparing ${base} with ${tip} failed: ${done.stderr.trim().slice(-300)}`);
  const fields = done.stdout.split("\0");
  const changes: Change[] = [];
  for (let index = 0; index + 1 < fields.length; index += 2) {
    // :<old mode> <new mode> <old object> <new object> <status>
    const [, mode = "", , blob = ""] = (fields[index] ?? "").split(" ");
    changes.push({ path: fields[index + 1] ?? "", mode, blob });
  }
  return changes;
}

/** Counts files and lines; a binary file counts as a file without lines. */
export async function diffStat({ quarantine, base, tip }: Span): Promise<DiffStat> {
  const args = ["diff-tree", "--numstat", ...FLAGS, checkSha(base), checkSha(tip)];
  const lines = (await hostGitOutput(quarantine.dir, args)).split("\0").filter((line) => line !== "");
  const sum = (column: number) =>
    lines.reduce((total, line) => total + (Number.parseInt(line.split("\t")[column] ?? "", 10) || 0), 0);
  return { files: lines.length, additions: sum(0), deletions: sum(1) };
}
