/**
 * What plans have come to on this host, for a person who wants to get it out: the commits of their nodes, which are kept beside
 * checkpoints and as long (`clear-old-plans.ts`), whether or not they were published.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { isTaskId } from "../../src/task/task-id.ts";
import { hostGitOutput } from "../workspace/git.ts";
import { endsOf, planRepositoryDir } from "./plan-repository.ts";

/** `taskId`: the team's. `store`: its repository, absolute. `all`: the commit that has all that is merged. */
export type KeptPlan = { taskId: string; store: string; baseSha: string; all: string; commits: number; files: number };

/** In no order; without those of which nothing is merged. */
export async function findKeptPlans(dataDir: string): Promise<KeptPlan[]> {
  // Whoever only looks makes no folder.
  const dir = join(dataDir, "host", "plans");
  const plans = (existsSync(dir) ? readdirSync(dir) : []).filter(isTaskId);
  const kept = await Promise.all(plans.map((plan) => keptOf(plan, planRepositoryDir(dataDir, plan))));
  return kept.filter((each) => each !== undefined);
}

async function keptOf(taskId: string, store: string): Promise<KeptPlan | undefined> {
  if (!existsSync(store)) return undefined;
  const { base, tip } = endsOf({ dir: store });
  if (base === tip) return undefined;
  const [commits, files] = await Promise.all([
    hostGitOutput(store, ["rev-list", "--count", `${base}..${tip}`]),
    hostGitOutput(store, ["diff-tree", "-r", "--name-only", base, tip], { maxOutputBytes: MAX_NAMES_BYTES }),
  ]);
  const changed = files.split("\n").filter((line) => line !== "").length;
  return { taskId, store, baseSha: base, all: tip, commits: Number(commits), files: changed };
}

const MAX_NAMES_BYTES = 20_000_000;
