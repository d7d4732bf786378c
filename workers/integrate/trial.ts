/**
 * Tries to merge: in a repository of its own that is thrown away, on objects only. It is bare and has no branch, so no attribute and no
 * driver that a commit names is heeded (`merge-probe.ts` sees to that). What a try makes leaves it as one pack, or not at all.
 */
import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { hostGit, hostGitOutput } from "../workspace/git.ts";
import { checkSha, planDir } from "../workspace/host-folders.ts";
import { makeHostRepository } from "../workspace/mirror.ts";
import type { PlanRepository } from "./plan-repository.ts";

/** `objects`: folders of the work that is tried, besides the store's. `packs`: those that were made, by what they hold. */
export type Trial = { dir: string; objects: readonly string[]; packs: Map<string, string> };

/** What a merge came to. `how`: in git's words, which name the agents' files. */
export type Merge = { kind: "clean"; tree: string } | { kind: "conflict"; paths: string[]; how: string[] };

/** Merging trees of a very large repository takes seconds. */
const MERGE_MS = 5 * 60_000;
const MAX_OUTPUT_BYTES = 20_000_000;
/** For whoever is told of them. */
const MAX_PATHS = 100;
const MAX_HOW = 20;

/** Gone when `deed` is done. */
export async function withTrial<T>(
  { dataDir, plan, objects }: { dataDir: string; plan: PlanRepository; objects: readonly string[] },
  deed: (trial: Trial) => Promise<T>,
): Promise<T> {
  const dir = join(planDir(dataDir, plan.plan), `trial-${randomBytes(6).toString("hex")}.git`);
  makeHostRepository(dir, { "objects/info/alternates": `${join(plan.dir, "objects")}\n` });
  try {
    return await deed({ dir, objects, packs: new Map() });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** What tries of an earlier life of this host have left. Nobody may be at work for the plan. */
export async function clearTrials(dataDir: string, plan: string): Promise<void> {
  const dir = planDir(dataDir, plan);
  for (const name of await readdir(dir))
    if (name.startsWith("trial-")) await rm(join(dir, name), { recursive: true, force: true });
}

/** Attributes are read from a tree that has none, by a git that knows of this. */
const EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

export const trialEnv = ({ objects }: Pick<Trial, "objects">): Record<string, string> => ({
  GIT_ATTR_SOURCE: EMPTY_TREE,
  // Quoted, as a path may hold a colon.
  ...(objects.length > 0 && {
    GIT_ALTERNATE_OBJECT_DIRECTORIES: objects.map((path) => JSON.stringify(path)).join(":"),
  }),
});

/** @throws Error where git fails, as with histories that have nothing in common */
export async function mergeTrees(trial: Trial, ours: string, theirs: string): Promise<Merge> {
  const args = ["merge-tree", "--write-tree", "-z", "--name-only", checkSha(ours), checkSha(theirs)];
  const limits = { timeoutMs: MERGE_MS, maxOutputBytes: MAX_OUTPUT_BYTES };
  const done = await hostGit(trial.dir, args, { ...limits, env: trialEnv(trial) });
  const [tree = "", ...rest] = done.stdout.split("\0");
  if (done.exitCode === 0) return { kind: "clean", tree: checkSha(tree.trim()) };
  if (done.exitCode !== 1) throw new Error(`Merging ${theirs} failed: ${done.stderr.trim().slice(-300)}`);
  return { kind: "conflict", ...readConflicts(rest) };
}

/**
 * Names, an empty field, then a record for each message: how many paths, the paths, what kind it is, its words. Not every conflict has
 * its path among the names.
 */
function readConflicts(fields: readonly string[]): { paths: string[]; how: string[] } {
  const end = fields.indexOf("");
  const paths = new Set(fields.slice(0, end));
  const how: string[] = [];
  for (let at = end + 1; at < fields.length; ) {
    const count = Number.parseInt(fields[at] ?? "", 10);
    if (!Number.isSafeInteger(count)) break;
    const [kind = "", words = ""] = fields.slice(at + 1 + count, at + 3 + count);
    if (kind.startsWith("CONFLICT")) {
      for (const path of fields.slice(at + 1, at + 1 + count)) paths.add(path);
      how.push(words.trim());
    }
    at += count + 3;
  }
  return { paths: [...paths].slice(0, MAX_PATHS), how: how.slice(0, MAX_HOW) };
}

const PACK_MS = 5 * 60_000;

/** All that `to` has and `from` does not, as one pack in the trial; its path without its ending. */
export async function packUp(trial: Trial, { from, to }: { from: string; to: string }): Promise<string> {
  const made = trial.packs.get(`${from} ${to}`);
  if (made !== undefined) return made;
  const base = join(trial.dir, "objects", "pack", "pack");
  const args = ["pack-objects", "--quiet", "--revs", "--threads=1", "--window=0", base];
  const input = `${checkSha(to)}\n^${checkSha(from)}\n`;
  const done = await hostGitOutput(trial.dir, args, { env: trialEnv(trial), input, timeoutMs: PACK_MS });
  const pack = `${base}-${checkSha(done.trim())}`;
  trial.packs.set(`${from} ${to}`, pack);
  return pack;
}
