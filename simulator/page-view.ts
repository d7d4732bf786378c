/** The store as the pages want to see it. */
import { addComment } from "./actions/comments.ts";
import { isPull } from "./actions/issues.ts";
import { demand } from "./auth/permissions.ts";
import { git, gitOrUndefined } from "./git/git.ts";
import { type CommitInfo, diffText, listCommits, treeEntry } from "./git/history.ts";
import { listRefs, resolveCommit } from "./git/repository.ts";
import type {
  CheckDetail,
  CheckLine,
  CommitLine,
  IssueDetail,
  IssueLine,
  Comment as PageComment,
  PageView,
  PullDetail,
  RepositoryDetail,
  RepositoryLine,
} from "./pages/view.ts";
import { byLogin } from "./people.ts";
import { ApiError } from "./routes/reply.ts";
import { write } from "./routes/router.ts";
import { association } from "./serialise/issue.ts";
import { type PullIssue, pullBase } from "./serialise/pull.ts";
import type { Account, CheckRun, Issue, Reaction, Repository } from "./store/model.ts";
import { commentsOf, repositoryByName } from "./store/store.ts";
import type { World } from "./world.ts";

const shownCommits = 30;
/** A longer diff is cut: a page is for reading. */
const maxDiff = 400_000;

const line = (repo: Repository): RepositoryLine => ({
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

const issueDetail = (repo: Repository, issue: Issue): IssueDetail => ({
  ...issueLine(issue),
  opening: pageComment(repo, issue, false),
  comments: commentsOf(repo, issue.number).map((each) => pageComment(repo, each, each.updatedAt !== each.createdAt)),
  isPull: isPull(issue),
});

async function pullDetail(repo: Repository, issue: PullIssue): Promise<PullDetail> {
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

async function repositoryDetail(repo: Repository): Promise<RepositoryDetail> {
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

const checkDetail = (run: CheckRun, app: string): CheckDetail => ({
  ...checkLine(run),
  headSha: run.sha,
  app,
  summary: run.summary,
  text: run.text,
  detailsUrl: run.detailsUrl,
  startedAt: run.startedAt,
  completedAt: run.completedAt,
});

async function fileText(repo: Repository, ref: string, path: string): Promise<string | undefined> {
  const commit = await resolveCommit(repo.dir, ref);
  const entry = commit && (await treeEntry(repo.dir, commit, path));
  return entry && entry.type === "blob" ? git(repo.dir, ["cat-file", "blob", entry.sha]) : undefined;
}

function people(world: World, repo: Repository): { login: string; role: string }[] {
  const members = [...repo.roles].flatMap(([id, role]) => {
    const account = world.store.accounts.get(id);
    return account ? [{ login: account.login, role: role as string }] : [];
  });
  if (repo.owner.type === "User") members.unshift({ login: repo.owner.login, role: "admin" });
  const known = new Set([world.app.owner.login, ...members.map((each) => each.login)]);
  const others = [...world.store.accounts.values()].filter((each) => each.type === "User" && !known.has(each.login));
  return [...members, ...(repo.private ? [] : others.map(({ login }) => ({ login, role: "read" })))];
}

/** Writes as a person would through REST; the refusal is the one that REST would give. */
function postComment(world: World, repo: Repository, number: number, login: string, body: string) {
  const by = byLogin(world, login);
  try {
    demand({ kind: "user", account: by.account }, repo, write("read", "issues"));
    const issue = repo.issues.get(number);
    if (!issue) return { refused: "No such issue." };
    addComment(world, repo, issue, by, body);
    world.bus.emit("change");
    return undefined;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { refused: error.errors?.[0]?.message ?? error.message };
  }
}

export function makePageView(world: World): PageView {
  const find = (owner: string, name: string) => repositoryByName(world.store, owner, name);
  return {
    repositories: async () => [...world.store.repositories.values()].map(line),
    repository: async (owner, name) => {
      const repo = find(owner, name);
      return repo && repositoryDetail(repo);
    },
    file: async (owner, name, ref, path) => {
      const repo = find(owner, name);
      return repo && fileText(repo, ref, path);
    },
    commit: async (owner, name, sha) => {
      const repo = find(owner, name);
      return repo && /^[0-9a-f]+$/.test(sha) ? gitOrUndefined(repo.dir, ["show", "--no-color", sha, "--"]) : undefined;
    },
    issue: async (owner, name, number) => {
      const repo = find(owner, name);
      const issue = repo?.issues.get(number);
      return repo && issue && issueDetail(repo, issue);
    },
    pull: async (owner, name, number) => {
      const repo = find(owner, name);
      const issue = repo?.issues.get(number);
      return repo && issue && isPull(issue) ? pullDetail(repo, issue) : undefined;
    },
    checkRun: async (owner, name, id) => {
      const run = find(owner, name)?.checkRuns.find((each) => each.id === id);
      return run && checkDetail(run, world.app.slug);
    },
    people: async (owner, name) => {
      const repo = find(owner, name);
      return repo ? people(world, repo) : [];
    },
    postComment: async (owner, name, number, login, body) => {
      const repo = find(owner, name);
      return repo ? postComment(world, repo, number, login, body) : { refused: "No such repository." };
    },
  };
}
