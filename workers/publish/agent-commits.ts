/**
 * The agent's commits as data: read one by one from the quarantine, each bounded, with what they stand on. Merges stay merges:
 * what the agent made is made anew, and what it merged of GitHub's is named.
 */
import { hostGit } from "../workspace/git.ts";
import { checkSha } from "../workspace/host-folders.ts";
import { gateSince, type Span } from "./gate.ts";
import { independentOf, isBelow, type Lineage, type OwnCommit, readLineage, treeBefore } from "./lineage.ts";
import type { Quarantine } from "./quarantine.ts";

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
 * The commits to publish, parents first; a parent is another one of them, or GitHub's. Just `tip`, standing for everything, when
 * the agent rewrote or left its branch, when there are too many, or when a commit on the way holds what may not be published
 * although the end does not: on the base, and on what was merged, so that it merges cleanly all the same.
 */
export async function commitsToPublish(span: Span): Promise<AgentCommit[]> {
  const { quarantine, base, tip } = span;
  const lineage = await readLineage(span);
  const { own } = lineage;
  const line = own.length > 1 && own.length <= MAX_COMMITS && own.every(({ parents }) => parents.length > 0);
  if (line && (await isBelow(quarantine, base, tip)) && (await areAllPublishable(span, own))) {
    const commits: AgentCommit[] = [];
    for (const { sha } of own) commits.push(await readCommit(quarantine, sha));
    return commits;
  }
  const whole = { ...(await readCommit(quarantine, tip)), parents: await parentsOfWhole(span, lineage) };
  return [own.length > 1 ? { ...whole, standsForAll: true } : whole];
}

/** Each but the last, which the gate has let pass. A commit is compared with what it itself has of GitHub's. */
async function areAllPublishable(span: Span, own: readonly OwnCommit[]): Promise<boolean> {
  const { quarantine, base } = span;
  const standsOn = new Map<string, ReadonlySet<string>>();
  const befores = new Map<string, Promise<string>>();
  for (const { sha, parents } of own.slice(0, -1)) {
    const outer = new Set(parents.flatMap((parent) => [...(standsOn.get(parent) ?? [parent])]));
    standsOn.set(sha, outer);
    const key = [...outer].sort().join(" ");
    const before = befores.get(key) ?? beforeOf(quarantine, base, outer);
    befores.set(key, before);
    if (!(await gateSince({ ...span, tip: sha }, await before)).ok) return false;
  }
  return true;
}

async function beforeOf(quarantine: Quarantine, base: string, outer: ReadonlySet<string>): Promise<string> {
  return await treeBefore(quarantine, base, await independentOf(quarantine, base, [...outer]));
}

async function parentsOfWhole({ quarantine, base }: Span, { foreign }: Lineage): Promise<string[]> {
  const above = await Promise.all(foreign.map((sha) => isBelow(quarantine, base, sha)));
  return above.includes(true) ? [...foreign] : [base, ...foreign];
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
