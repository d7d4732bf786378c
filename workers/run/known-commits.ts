/**
 * Which commits GitHub has. An agent that merges names commits that are not its own, and they go out under their own names: so
 * before that GitHub is asked once more, and only what is on a branch there now counts. What is on none is the agent's.
 */
import { baseOf, startBranchesOf } from "../../src/task/branch.ts";
import { bringsOthers, type Ends, isBelow, readLineage } from "../publish/lineage.ts";
import { fetchRefs, type Tips } from "../workspace/fetch-refs.ts";
import type { GitAccess } from "../workspace/git-access.ts";
import { BranchGone } from "../workspace/git-errors.ts";
import { readBranches } from "../workspace/mirror-branches.ts";
import { identityOf, type Run, type Shared } from "./run.ts";

/** Branches that are asked for because of a commit that was merged, and that no other branch has. */
const MAX_MORE = 5;

/** Commits on branches as they stand on GitHub now; none where the change stands on the base alone. */
export async function askKnown(
  shared: Shared,
  run: Run,
  ends: Omit<Ends, "known">,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const lineage = await readLineage(ends);
  if (!bringsOthers(ends, lineage)) return [];
  const grant = await shared.bot.token(identityOf(run), "fetch", signal);
  const access = { cloneUrl: grant.cloneUrl, token: async () => grant.token };
  const { mirror } = ends.quarantine;
  const { spec } = run.task;
  const asked = [...new Set([...startBranchesOf(spec), baseOf(spec)])];
  const tips = await fetchThoseThatAre(mirror, access, asked);
  // A commit that was merged from elsewhere is looked for where it was seen last.
  const more: string[] = [];
  for (const sha of lineage.foreign) {
    if (await isOn(ends, sha, Object.values(tips))) continue;
    for (const [branch, tip] of readBranches(mirror))
      if (!asked.includes(branch) && (await isBelow(ends.quarantine, sha, tip))) more.push(branch);
  }
  const rest = await fetchThoseThatAre(mirror, access, [...new Set(more)].slice(0, MAX_MORE));
  return Object.values({ ...tips, ...rest });
}

async function isOn({ quarantine }: Pick<Ends, "quarantine">, sha: string, tips: readonly string[]): Promise<boolean> {
  for (const tip of tips) if (await isBelow(quarantine, sha, tip)) return true;
  return false;
}

/** The tips of those branches that there still are. */
async function fetchThoseThatAre(
  mirror: Ends["quarantine"]["mirror"],
  access: GitAccess,
  branches: readonly string[],
): Promise<Tips> {
  if (branches.length === 0) return {};
  try {
    return await fetchRefs(mirror, access, branches);
  } catch (error) {
    if (!(error instanceof BranchGone)) throw error;
    const left = branches.filter((branch) => branch !== error.branch);
    if (left.length === branches.length) throw error;
    return await fetchThoseThatAre(mirror, access, left);
  }
}
