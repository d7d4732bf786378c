/**
 * Makes the agent's commits anew, on what they stand on, as the bot's: same trees, our author, our trailers, a tidied message.
 * Nothing of a hostile commit but its tree leaves the host. A merge stays one: its parents are commits that were made anew, or
 * GitHub's. The result depends on nothing but the arguments, so repeating it after a crash gives the same commit id.
 */
import { printedForms, withoutSecrets } from "../../src/text/known-secrets.ts";
import { hostGitOutput } from "../workspace/git.ts";
import { checkTaskId } from "../workspace/host-folders.ts";
import { type AgentCommit, commitsToPublish, readCommit } from "./agent-commits.ts";
import { type Authorship, commitMessage } from "./commit-message.ts";
import type { Span } from "./gate.ts";
import type { Quarantine } from "./quarantine.ts";

/** The App's own account, such as `orch[bot]`. */
export type BotAccount = { id: number; login: string };

/** `subject`: of a commit that stands for all the work, or has no message. `alsoOf`: further trailers of ours for one that stands for itself. */
export type Recreation = Span &
  Authorship & { bot: BotAccount; subject: string; alsoOf?: (sha: string) => readonly string[] };

/** `sha`: the new tip; the base itself when the agent's commits come to no change. */
export type Recreated = { sha: string; commits: number };

const DAY_S = 86_400;

export async function recreate(recreation: Recreation): Promise<Recreated> {
  const { quarantine, base } = recreation;
  checkTaskId(recreation.taskId);
  if (!Number.isSafeInteger(recreation.epoch)) throw new Error(`Not an epoch: ${String(recreation.epoch)}`);
  const made = new Map<string, Made>();
  const known = printedForms(recreation.secrets ?? []);
  const standing = async (sha: string): Promise<Made> => made.get(sha) ?? (await readCommit(quarantine, sha));
  let [tip, commits] = [await standing(base), 0];
  for (const commit of await commitsToPublish(recreation)) {
    const all = await Promise.all(commit.parents.map(standing));
    const parents = [...new Map(all.map((parent) => [parent.sha, parent])).values()];
    tip = parents[0] ?? tip;
    if (commit.tree !== tip.tree || (await joins(quarantine, parents))) {
      const date = believable(commit, Math.max(...parents.map((parent) => parent.date)));
      const words = withoutSecrets(commit.standsForAll ? recreation.subject : commit.message, known);
      const also = commit.standsForAll ? undefined : recreation.alsoOf?.(commit.sha);
      const message = commitMessage(words, { ...recreation, also });
      const sha = await commitTree({ ...recreation, parents, tree: commit.tree, date, message });
      tip = { sha, tree: commit.tree, date };
      commits += 1;
    }
    made.set(commit.sha, tip);
  }
  return { sha: tip.sha, commits };
}

/** A commit that others can stand on: GitHub's, or one that was made anew. */
type Made = Pick<AgentCommit, "sha" | "tree" | "date">;

/** Where commits without a change are left out, a merge may have nothing left to bring. */
async function joins({ dir }: Quarantine, parents: readonly Made[]): Promise<boolean> {
  if (parents.length < 2) return false;
  const asked = ["merge-base", "--independent", ...parents.map(({ sha }) => sha)];
  return (await hostGitOutput(dir, asked)).trim() !== parents[0]?.sha;
}

/** The agent's clock counts as long as time goes forward and ends today; otherwise the time of the commit before. */
function believable(commit: AgentCommit, before: number): number {
  return commit.date >= before && commit.date < Date.now() / 1000 + DAY_S ? commit.date : before;
}

type NewCommit = Span & {
  parents: readonly Made[];
  tree: string;
  date: number;
  message: string;
  bot: BotAccount;
};

async function commitTree({ quarantine, parents, tree, date, message, bot }: NewCommit): Promise<string> {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]*(\[bot\])?$/.test(bot.login) || !Number.isSafeInteger(bot.id)) {
    throw new Error(`Not a GitHub account: ${JSON.stringify(bot)}`);
  }
  const [name, email, when] = [bot.login, `${bot.id}+${bot.login}@users.noreply.github.com`, `${date} +0000`];
  const env = {
    ...{ GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email, GIT_AUTHOR_DATE: when },
    ...{ GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: email, GIT_COMMITTER_DATE: when },
  };
  const args = ["commit-tree", tree, ...parents.flatMap(({ sha }) => ["-p", sha]), "-F", "-"];
  return (await hostGitOutput(quarantine.dir, args, { env, input: message })).trim();
}
