/** The agent's commits as data: read one by one from the quarantine, each bounded, and put into one line of history. */
import { hostGit, hostGitOutput } from "../workspace/git.ts";
import { checkSha } from "../workspace/host-folders.ts";
import { readChanges, type Span } from "./changes.ts";
import type { Quarantine } from "./quarantine.ts";
import { reasonAgainst } from "./rules.ts";

/** `date`: the committer's, in Unix seconds. `message` may be cut off, and says too little where the commit stands for several. */
export type AgentCommit = {
  sha: string;
  tree: string;
  parents: string[];
  date: number;
  message: string;
  standsForAll?: true;
};

/** More commits than this are published as one. */
const MAX_COMMITS = 50;
const MAX_COMMIT_BYTES = 64_000;

/**
 * The commits to publish, oldest first: the line of first parents from `base` to `tip`. Merges count as the ordinary commits
 * that they are along that line. Just `tip`, standing for everything, when there is no such line (the agent rewrote or left
 * its branch), when it is too long, or when a commit on the way holds what may not be published although the end does not.
 */
export async function commitsToPublish(span: Span): Promise<AgentCommit[]> {
  const { quarantine, base, tip, secrets } = span;
  const range = ["--first-parent", `--max-count=${MAX_COMMITS + 1}`, `${checkSha(base)}..${checkSha(tip)}`];
  const shas = (await hostGitOutput(quarantine.dir, ["rev-list", ...range])).split("\n").filter((sha) => sha !== "");
  const whole = [await readCommit(quarantine, tip)];
  if (shas.length < 2) return whole;
  const all = whole.map((commit) => ({ ...commit, standsForAll: true as const }));
  if (shas.length > MAX_COMMITS) return all;
  const commits: AgentCommit[] = [];
  for (const sha of shas.reverse()) commits.push(await readCommit(quarantine, sha));
  if (commits[0]?.parents[0] !== base) return all;
  for (const { sha } of commits.slice(0, -1)) {
    if (await reasonAgainst(quarantine, await readChanges({ quarantine, base, tip: sha }), secrets)) return all;
  }
  return commits;
}

export async function readCommit(quarantine: Quarantine, sha: string): Promise<AgentCommit> {
  const args = ["cat-file", "commit", checkSha(sha)];
  const done = await hostGit(quarantine.dir, args, { maxOutputBytes: MAX_COMMIT_BYTES });
  if (done.exitCode !== 0 && !done.truncated) throw new Error(`Cannot read ${sha}: ${done.stderr.trim().slice(-300)}`);
  const end = done.stdout.indexOf("\n\n");
  const head = end < 0 ? done.stdout : done.stdout.slice(0, end);
  const all = (name: string) => [...head.matchAll(new RegExp(`^${name} (.+)$`, "gm"))].map(([, value = ""]) => value);
  return {
    sha,
    tree: checkSha(all("tree")[0] ?? ""),
    parents: all("parent").map(checkSha),
    date: Number(/ (\d{1,12}) [+-]\d{4}$/.exec(all("committer")[0] ?? "")?.[1] ?? 0),
    message: end < 0 ? "" : done.stdout.slice(end + 2),
  };
}
