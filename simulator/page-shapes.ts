/** Records of the store in the words of the pages. */
import { isPull } from "./actions/issues.ts";
import { git } from "./git/git.ts";
import { type CommitInfo, diffText, listCommits, readBlob, treeEntry } from "./git/history.ts";
import { listRefs, resolveCommit } from "./git/repository.ts";
import type {
  CheckDetail,
  CheckLine,
  CommitLine,
  IssueDetail,
  IssueLine,
  Comment as PageComment,
  PullDetail,
  RepositoryDetail,
  RepositoryLine,
} from "./pages/view.ts";
import { association } from "./serialise/issue.ts";
import { type PullIssue, pullBase } from "./serialise/pull.ts";
import type { Account, CheckRun, Issue, OtherApp, Reaction, Repository } from "./store/model.ts";
import { commentsOf } from "./store/store.ts";

const shownCommits = 30;
/** A longer diff is cut: a page is for reading. */
const maxDiff = 400_000;

export const line = (repo: Repository): RepositoryLine => ({
  owner: repo.owner.login,
  name: repo.name,
  private: repo.private,
  archived: repo.archived,
  defaultBranch: repo.defaultBranch,
});

const issueLine = (issue: Issue): IssueLine => ({
  number: issue.number,
  title: issue.title,
  state: issue.state,
  author: issue.user.login,
  createdAt: issue.createdAt,
  labels: issue.labels.map(({ name, color }) => ({ name, color })),
  draft: issue.pull?.draft,
});

const commitLine = (commit: CommitInfo): CommitLine => ({
  sha: commit.sha,
  subject: commit.message.split("\n")[0] ?? "",
  author: commit.author.name,
  committedAt: commit.committer.date,
});

const checkLine = (run: CheckRun): CheckLine => ({
  id: run.id,
  name: run.name,
  status: run.status,
  conclusion: run.conclusion,
  title: run.title,
});

function countReactions(reactions: readonly Reaction[]): PageComment["reactions"] {
  const counts: PageComment["reactions"] = {};
  for (const { content } of reactions) counts[content] = (counts[content] ?? 0) + 1;
  return counts;
}

type Written = {
  id: number;
  user: Account;
  createdAt: string;
  updatedAt: string;
  reactions: Reaction[];
  body?: string;
};

const pageComment = (repo: Repository, written: Written, edited: boolean): PageComment => ({
  id: written.id,
  author: written.user.login,
  association: association(repo, written.user),
  body: written.body ?? "",
  createdAt: written.createdAt,
  edited,
  reactions: countReactions(written.reactions),
});

export const issueDetail = (repo: Repository, issue: Issue): IssueDetail => ({
  ...issueLine(issue),
  opening: pageComment(repo, issue, false),
  comments: commentsOf(repo, issue.number).map((each) => pageComment(repo, each, each.updatedAt !== each.createdAt)),
  isPull: isPull(issue),
});

export async function pullDetail(repo: Repository, issue: PullIssue): Promise<PullDetail> {
  const { pull } = issue;
  const [commits, base] = await Promise.all([
    listCommits(repo.dir, `${pull.baseSha}..${pull.headSha}`, 250),
    pullBase(repo, pull),
  ]);
  return {
    ...issueDetail(repo, issue),
    draft: pull.draft,
    merged: pull.mergedAt !== undefined,
    head: { ref: pull.headRef, sha: pull.headSha },
    base: { ref: pull.baseRef },
    commits: commits.reverse().map(commitLine),
    checks: repo.checkRuns.filter((run) => run.sha === pull.headSha).map(checkLine),
    diff: (await diffText(repo.dir, base, pull.headSha)).slice(0, maxDiff),
  };
}

export async function repositoryDetail(repo: Repository): Promise<RepositoryDetail> {
  const tip = await resolveCommit(repo.dir, repo.defaultBranch);
  const names = tip ? await git(repo.dir, ["ls-tree", "-r", "-z", "--name-only", "--full-tree", tip]) : "";
  const newest = [...repo.issues.values()].reverse();
  return {
    ...line(repo),
    files: names.split("\0").filter(Boolean),
    branches: [...(await listRefs(repo.dir))]
      .filter(([name]) => name.startsWith("refs/heads/"))
      .map(([name, sha]) => ({ name: name.slice("refs/heads/".length), sha })),
    commits: tip ? (await listCommits(repo.dir, tip, shownCommits)).map(commitLine) : [],
    issues: newest.filter((issue) => !issue.pull).map(issueLine),
    pulls: newest.filter((issue) => issue.pull).map(issueLine),
  };
}

export const checkDetail = (run: CheckRun, own: string, other?: OtherApp): CheckDetail => ({
  ...checkLine(run),
  headSha: run.sha,
  app: other?.slug ?? own,
  buttons: other ? undefined : run.actions,
  summary: run.summary,
  text: run.text,
  detailsUrl: run.detailsUrl,
  startedAt: run.startedAt,
  completedAt: run.completedAt,
});

export async function fileText(repo: Repository, ref: string, path: string): Promise<string | undefined> {
  const commit = await resolveCommit(repo.dir, ref);
  const entry = commit && (await treeEntry(repo.dir, commit, path));
  return entry && entry.type === "blob" ? (await readBlob(repo.dir, entry.sha)).toString() : undefined;
}
