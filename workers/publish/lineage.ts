/**
 * Whose commits a change is made of: the agent's own, and those that GitHub has already and that the agent merged, so that they
 * are not the agent's work. What a change is compared with follows from that.
 */
import { hostGit, hostGitOutput } from "../workspace/git.ts";
import { checkSha } from "../workspace/host-folders.ts";
import { readBranches } from "../workspace/mirror-branches.ts";
import { CollectFailed } from "./collect-failed.ts";
import type { Quarantine } from "./quarantine.ts";

/** `known`: commits that GitHub has on branches of the repository, besides `base`; by default as the last fetches left them. */
export type Ends = { quarantine: Quarantine; base: string; tip: string; known?: readonly string[] };

/** `own`: the agent's, parents first. `foreign`: the newest commits of GitHub's in it, none of them below `base` or one another. */
export type Lineage = { own: readonly OwnCommit[]; foreign: readonly string[] };
export type OwnCommit = { sha: string; parents: readonly string[] };

/** A line has one commit id, or a few: more than 200,000 commits. */
const MAX_LIST_BYTES = 20_000_000;
/** An honest change merges a branch or two. */
const MAX_FOREIGN = 20;
/** Merging trees of a very large repository takes seconds. */
const MERGE_MS = 5 * 60_000;

/** @throws CollectFailed when the agent's history is beyond measure */
export async function readLineage(ends: Ends): Promise<Lineage> {
  const { quarantine, base, tip, known = [...readBranches(quarantine.mirror).values()] } = ends;
  const wanted = [checkSha(tip), ...[base, ...known].map((sha) => `^${checkSha(sha)}`)];
  const args = ["rev-list", "--parents", "--topo-order", "--reverse", "--stdin"];
  const listed = await hostGit(quarantine.dir, args, {
    input: `${wanted.join("\n")}\n`,
    maxOutputBytes: MAX_LIST_BYTES,
  });
  if (listed.truncated) throw new CollectFailed("There are more commits than anybody could look at.");
  if (listed.exitCode !== 0) throw new Error(`Listing the commits failed: ${listed.stderr.trim().slice(-300)}`);
  const own = listed.stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [sha = "", ...parents] = line.split(" ");
      return { sha, parents };
    });
  return { own, foreign: await independentOf(quarantine, base, outerOf(own, tip)) };
}

/** Whether it takes more than the base to say whose commits these are. */
export function bringsOthers({ base, tip }: Ends, { own }: Lineage): boolean {
  return own.some(({ parents }) => parents.length > 1) || outerOf(own, tip).some((sha) => sha !== base);
}

/** What the agent's commits stand on. */
function outerOf(own: readonly OwnCommit[], tip: string): string[] {
  const mine = new Set(own.map(({ sha }) => sha));
  const below = own.length === 0 ? [tip] : own.flatMap(({ parents }) => parents);
  return [...new Set(below)].filter((sha) => !mine.has(sha));
}

export async function isBelow({ dir }: Quarantine, ancestor: string, commit: string): Promise<boolean> {
  const asked = await hostGit(dir, ["merge-base", "--is-ancestor", checkSha(ancestor), checkSha(commit)]);
  if (asked.exitCode !== 0 && asked.exitCode !== 1)
    throw new Error(`Comparing ${ancestor} with ${commit} failed: ${asked.stderr.trim().slice(-300)}`);
  return asked.exitCode === 0;
}

/** Those of `commits` that are neither `base`, nor below it, nor below one another. */
export async function independentOf(
  quarantine: Quarantine,
  base: string,
  commits: readonly string[],
): Promise<string[]> {
  const others = commits.filter((sha) => sha !== base);
  if (others.length === 0) return [];
  if (others.length > MAX_FOREIGN) throw new CollectFailed("The agent's history branches off in too many places.");
  const asked = [base, ...others].map(checkSha);
  const found = await hostGitOutput(quarantine.dir, ["merge-base", "--independent", ...asked]);
  const independent = new Set(found.trim().split("\n"));
  return others.filter((sha) => independent.has(sha));
}

/**
 * What GitHub has already of such a change, as a commit or a tree: the base, merged with what the agent merged. Where the two
 * conflict it holds conflict marks, so that whatever the agent made of them counts as the agent's change.
 */
export async function treeBefore(quarantine: Quarantine, base: string, foreign: readonly string[]): Promise<string> {
  let [commit, tree] = [checkSha(base), checkSha(base)];
  for (const other of foreign) {
    const args = [
      "merge-tree",
      "--write-tree",
      "--no-messages",
      "--allow-unrelated-histories",
      commit,
      checkSha(other),
    ];
    const merged = await hostGit(quarantine.dir, args, { timeoutMs: MERGE_MS, maxOutputBytes: MAX_LIST_BYTES });
    // 1: with conflicts.
    if (merged.exitCode !== 0 && merged.exitCode !== 1)
      throw new Error(`Merging ${other} for a comparison failed: ${merged.stderr.trim().slice(-300)}`);
    tree = checkSha(merged.stdout.slice(0, merged.stdout.indexOf("\n")));
    commit = await commitForMerge(quarantine, tree, [commit, other]);
  }
  return tree;
}

/** Never published: it stands for the merge while the next one is merged. */
async function commitForMerge(quarantine: Quarantine, tree: string, parents: readonly string[]): Promise<string> {
  const who = { NAME: "orch", EMAIL: "orch@orch.invalid", DATE: "1000000000 +0000" };
  const env = Object.fromEntries(
    ["AUTHOR", "COMMITTER"].flatMap((role) =>
      Object.entries(who).map(([what, value]) => [`GIT_${role}_${what}`, value]),
    ),
  );
  const args = ["commit-tree", tree, ...parents.flatMap((parent) => ["-p", parent]), "-m", "merge"];
  return (await hostGitOutput(quarantine.dir, args, { env })).trim();
}
