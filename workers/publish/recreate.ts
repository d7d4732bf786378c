/**
 * Makes the agent's commits anew, on the base, as the bot's: same trees, our author, our trailers, a tidied message. Nothing
 * of a hostile commit but its tree leaves the host. The result depends on nothing but the arguments, so repeating it after a
 * crash gives the same commit id.
 */
import { printedForms, withoutSecrets } from "../../src/text/known-secrets.ts";
import { hostGitOutput } from "../workspace/git.ts";
import { checkTaskId } from "../workspace/host-folders.ts";
import { type AgentCommit, commitsToPublish, readCommit } from "./agent-commits.ts";
import type { Span } from "./changes.ts";
import { type Authorship, commitMessage } from "./commit-message.ts";

/** The App's own account, such as `orch[bot]`. */
export type BotAccount = { id: number; login: string };

/** `subject`: of a commit that stands for all the work, or has no message. */
export type Recreation = Span & Authorship & { bot: BotAccount; subject: string };

/** `sha`: the new tip; the base itself when the agent's commits come to no change. */
export type Recreated = { sha: string; commits: number };

const DAY_S = 86_400;

export async function recreate(recreation: Recreation): Promise<Recreated> {
  const { quarantine, base, bot } = recreation;
  checkTaskId(recreation.taskId);
  if (!Number.isSafeInteger(recreation.epoch)) throw new Error(`Not an epoch: ${String(recreation.epoch)}`);
  const { tree: baseTree, date: baseDate } = await readCommit(quarantine, base);
  let [parent, tree, date, commits] = [base, baseTree, baseDate, 0];
  const known = printedForms(recreation.secrets ?? []);
  for (const commit of await commitsToPublish(recreation)) {
    if (commit.tree === tree) continue;
    date = believable(commit, date);
    const words = withoutSecrets(commit.standsForAll ? recreation.subject : commit.message, known);
    const message = commitMessage(words, recreation);
    parent = await commitTree({ ...recreation, parent, tree: commit.tree, date, message, bot });
    tree = commit.tree;
    commits += 1;
  }
  return { sha: parent, commits };
}

/** The agent's clock counts as long as time goes forward and ends today; otherwise the time of the commit before. */
function believable(commit: AgentCommit, before: number): number {
  return commit.date >= before && commit.date < Date.now() / 1000 + DAY_S ? commit.date : before;
}

type NewCommit = Span & { parent: string; tree: string; date: number; message: string; bot: BotAccount };

async function commitTree({ quarantine, parent, tree, date, message, bot }: NewCommit): Promise<string> {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]*(\[bot\])?$/.test(bot.login) || !Number.isSafeInteger(bot.id)) {
    throw new Error(`Not a GitHub account: ${JSON.stringify(bot)}`);
  }
  const [name, email, when] = [bot.login, `${bot.id}+${bot.login}@users.noreply.github.com`, `${date} +0000`];
  const env = {
    ...{ GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email, GIT_AUTHOR_DATE: when },
    ...{ GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: email, GIT_COMMITTER_DATE: when },
  };
  const args = ["commit-tree", tree, "-p", parent, "-F", "-"];
  return (await hostGitOutput(quarantine.dir, args, { env, input: message })).trim();
}
