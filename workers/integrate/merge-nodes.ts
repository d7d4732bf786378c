/**
 * One node's work on top of the plan's tip, as one commit. What its agent committed comes to one change since the commit of the
 * integration branch that it stands on last: so an agent that has merged the tip itself has resolved what it conflicted in, and nothing
 * of its history but the tree that passed the gate goes any further.
 */
import { type Authorship, commitMessage } from "../publish/commit-message.ts";
import { later } from "../run/prepare/later.ts";
import { hostGit, hostGitOutput } from "../workspace/git.ts";
import { checkSha } from "../workspace/host-folders.ts";
import { type PlanRepository, readIntegrated } from "./plan-repository.ts";
import { type Merge, mergeTrees, type Trial, trialEnv } from "./trial.ts";
import { writeCommit } from "./write-commit.ts";

/** What a node's agent has made, as it passed the gate. */
export type Delivery = {
  node: string;
  /** Where its workspace started: a commit of the integration branch. */
  started: string;
  /** Its agent's last commit. */
  tip: string;
  /** The folder of objects that has it. */
  objects: string;
  /** What its commit says. */
  text: string;
  authorship: Authorship;
};

/** The commit that it comes to. `known`: its tree is what the node's own check has seen, or no other than before. */
export type Candidate = { sha: string; onto: string; known?: "its own" | "as before" };

export type Placed = { kind: "placed"; candidate: Candidate } | Extract<Merge, { kind: "conflict" }>;

/** Work that changes nothing any more gets a commit, too: the branch says what is merged. Published it is left out. */
export async function placeOnto(
  trial: Trial,
  store: PlanRepository,
  onto: string,
  delivery: Delivery,
): Promise<Placed> {
  const { tip, authorship, text, node } = delivery;
  // What mostly is to be done, at once: whether it was right is known when it is done.
  const plain = delivery.started === onto ? undefined : later(mergeTrees(trial, onto, tip));
  const sides = await readSides(trial, tip, onto);
  const { work, before } = sides;
  const merge = await mergeOnto(trial, store, { onto, delivery, sides, plain });
  if (merge.kind === "conflict") return merge;
  const message = commitMessage(text, { ...authorship, also: [`Orch-Plan: ${store.plan}`, `Orch-Node: ${node}`] });
  const date = Math.max(work.date, before.date);
  const sha = writeCommit(trial.dir, { tree: merge.tree, parent: onto, message, date });
  const known = merge.tree === before.tree ? "as before" : merge.tree === work.tree ? "its own" : undefined;
  return { kind: "placed", candidate: { sha, onto, ...(known && { known }) } };
}

type Merging = { onto: string; delivery: Delivery; sides: Sides; plain: Promise<Merge> | undefined };

async function mergeOnto(
  trial: Trial,
  store: PlanRepository,
  { onto, delivery: { started, tip }, sides: { work, common }, plain }: Merging,
): Promise<Merge> {
  // Nobody else was merged since: there is nothing to merge with.
  if (!plain) return { kind: "clean", tree: work.tree };
  // What git itself takes for the start of the change.
  if (common.length === 1 && common[0] === started) return await plain;
  await plain.catch(() => undefined); // histories that have nothing in common cannot be merged so
  const last = await standsOn(trial, store, { onto, started, common: await commonOf(trial, tip, onto) });
  if (last === onto) return { kind: "clean", tree: work.tree };
  const change = writeCommit(trial.dir, { tree: work.tree, parent: last, message: "work\n", date: work.date });
  return await mergeTrees(trial, onto, change);
}

/** The last commits that both have; none of histories that have nothing in common. */
async function commonOf(trial: Trial, tip: string, onto: string): Promise<string[]> {
  const args = ["merge-base", "--all", checkSha(tip), checkSha(onto)];
  const asked = await hostGit(trial.dir, args, { env: trialEnv(trial) });
  if (asked.exitCode !== 0 && asked.exitCode !== 1)
    throw new Error(`Where the work stands is not known: ${asked.stderr.trim().slice(-300)}`);
  return asked.stdout.split("\n").filter((line) => line !== "");
}

/** The last commit of the integration branch that the work has in it; at least the one that it started from. */
async function standsOn(
  trial: Trial,
  store: PlanRepository,
  { onto, started, common }: { onto: string; started: string; common: readonly string[] },
): Promise<string> {
  const line = [store.base, ...(await readIntegrated({ ...store, dir: trial.dir }, onto)).map(({ sha }) => sha)];
  const last = Math.max(line.indexOf(started), ...common.map((sha) => line.indexOf(sha)));
  return line[last] ?? started;
}

type Tip = { tree: string; date: number };
/** `common`: at least the last commits that both have. */
type Sides = { work: Tip; before: Tip; common: readonly string[] };

const DAY_S = 86_400;
/** A line has a hundred bytes. */
const MAX_SIDES_BYTES = 10_000_000;

/** Both ends and where they part, in one go. */
async function readSides(trial: Trial, tip: string, onto: string): Promise<Sides> {
  const ends = [checkSha(tip), checkSha(onto)];
  const args = ["log", "--left-right", "--boundary", "--no-show-signature", "--format=%m %H %T %ct", ends.join("...")];
  const done = await hostGit(trial.dir, args, { env: trialEnv(trial), maxOutputBytes: MAX_SIDES_BYTES });
  if (done.exitCode !== 0 && !done.truncated)
    throw new Error(`Reading ${tip} failed: ${done.stderr.trim().slice(-300)}`);
  const lines = done.truncated ? [] : done.stdout.split("\n").map((line) => line.split(" "));
  // One that the other one has in it is no side of its own; and an agent may have made more commits than are looked at.
  const found = ends.every((end) => lines.some(([, sha]) => sha === end)) ? lines : await readEnds(trial, ends);
  const common = lines.flatMap(([mark, sha = ""]) => (mark === "-" ? [sha] : []));
  return { work: endIn(found, tip), before: endIn(found, onto), common };
}

async function readEnds(trial: Trial, ends: readonly string[]): Promise<string[][]> {
  const args = ["log", "--no-walk=unsorted", "--no-show-signature", "--format=- %H %T %ct", ...ends];
  const told = await hostGitOutput(trial.dir, args, { env: trialEnv(trial) });
  return told.split("\n").map((line) => line.split(" "));
}

/** An agent's clock counts unless it is ahead of ours. */
function endIn(lines: readonly string[][], end: string): Tip {
  const [, , tree = "", time] = lines.find(([, sha]) => sha === end) ?? [];
  const date = Number(time);
  const isBelievable = Number.isSafeInteger(date) && date > 0 && date < Date.now() / 1000 + DAY_S;
  return { tree: checkSha(tree), date: isBelievable ? date : 0 };
}
