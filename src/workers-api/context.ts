/**
 * What stands around a command, for the prompt: only what people with write permission wrote, as it was before the
 * command, so that neither a stranger nor a later edit can put words into the agent's prompt. On a pull request their reviews and
 * the open threads in them as well, and which checks fail on its commit. Most of it is one request (`around.ts`).
 *
 * What would make the work impossible, or publish it without a review, is seen here too, before an agent starts.
 */
import { emailOf } from "../app-identity.ts";
import type { GitHub, Octokit } from "../github.ts";
import { branchInTheWay, branchOf } from "../task/branch.ts";
import { CHECK_NAME } from "../task/check-buttons.ts";
import type { ContextResponse } from "../task/host-api.ts";
import type { Actor, TaskSpec } from "../task/task-spec.ts";
import { type Around, type Author, askAround } from "./around.ts";
import { checkBranchRules } from "./branch-rules.ts";
import { checkGranted } from "./granted.ts";
import { Refused, refusedByGitHub } from "./refused.ts";
import { type Trust, trustAmong } from "./trust.ts";

const MAX_COMMENTS = 50;
const MAX_THREADS = 30;
const MAX_CHECKS = 10;
/** GitHub gives comments oldest first; so many are looked at from the end. */
const PAGE = 100;
/** Characters of one text. */
const MAX_TEXT = 16_000;
const MAX_HUNK = 4_000;

type Comment = Awaited<ReturnType<Octokit["rest"]["issues"]["listComments"]>>["data"][number];

export async function giveContext(github: GitHub, spec: TaskSpec): Promise<ContextResponse> {
  try {
    return await readContext(github, spec);
  } catch (error) {
    throw error instanceof Refused ? error : refusedByGitHub(error);
  }
}

async function readContext(github: GitHub, spec: TaskSpec): Promise<ContextResponse> {
  const octokit = await github.forInstallation(spec.installationId);
  const check = spec.review ? undefined : checkPush(github, octokit, spec);
  const [around] = await Promise.all([askAround(octokit, spec), check]);
  checkObstacles(spec, around);
  const comments = (await newest(octokit, spec, around.comments.totalCount))
    .map((comment) => ({ comment, person: personOf(comment) }))
    .filter(({ comment }) => isBefore(spec, comment.created_at, comment.updated_at));
  const author = actorOf(around.author);
  const reviews = around.reviews.map((review) => ({ ...review, person: actorOf(review.author) }));
  const threads = around.reviewThreads.filter(({ isResolved }) => !isResolved);
  const people = [
    author,
    ...reviews.map(({ person }) => person),
    ...threads.flatMap((thread) => thread.comments.map((each) => actorOf(each.author))),
    ...comments.toReversed().map(({ person }) => person),
  ];
  const trusts = await trustAmong(octokit, spec, people);
  const body = trusts(author) ? around.body : "";
  return {
    title: around.title,
    body: body.slice(0, MAX_TEXT),
    bodyWithheld: !trusts(author) && around.body !== "",
    comments: comments
      .flatMap(({ comment, person }) => (trusts(person) ? [said(comment.user, comment.body, comment.created_at)] : []))
      .slice(-MAX_COMMENTS),
    reviews: reviews
      .filter((review) => review.body !== "" && trusts(review.person))
      .filter((review) => isBefore(spec, review.submittedAt ?? review.createdAt, review.lastEditedAt))
      .map((review) => ({
        ...said(review.author, review.body, review.submittedAt ?? review.createdAt),
        state: review.state,
      })),
    threads: threads.flatMap((thread) => threadOf(spec, thread, trusts)).slice(-MAX_THREADS),
    failingChecks: failingChecks(around),
  };
}

/** Throws Refused where the push is bound to fail. */
async function checkPush(github: GitHub, octokit: Octokit, spec: TaskSpec): Promise<void> {
  const { installationId } = spec;
  const rules = async () => checkBranchRules(octokit, spec, emailOf(await github.appIdentity(installationId)));
  await Promise.all([checkGranted(github, installationId), rules()]);
}

/** Throws Refused, with what to do. */
function checkObstacles(spec: TaskSpec, { autoMergeRequest, orchBranch, isArchived }: Around): void {
  if (isArchived) throw new Refused("archived", "The repository is archived.");
  // Whoever reviews pushes nothing.
  if (spec.review) return;
  if (orchBranch && spec.target.kind === "issue")
    throw new Refused("branch_in_the_way", branchInTheWay(branchOf(spec)));
  if (autoMergeRequest && spec.target.kind === "pull")
    throw new Refused(
      "auto_merge",
      "Auto-merge is on for this pull request, so commits that Orch pushes could be merged without a review. Turn auto-merge off, then ask again.",
    );
}

const said = (author: { login: string } | null | undefined, body: string | null | undefined, at: string) => ({
  login: author?.login ?? "ghost",
  body: (body ?? "").slice(0, MAX_TEXT),
  at,
});

/** Without comments by others than those who are trusted nothing is left of it. */
function threadOf(spec: TaskSpec, thread: Around["reviewThreads"][number], trusts: Trust) {
  const comments = thread.comments.filter(
    ({ author, createdAt, lastEditedAt }) => trusts(actorOf(author)) && isBefore(spec, createdAt, lastEditedAt),
  );
  if (comments.length === 0) return [];
  const { path, line, isOutdated } = thread;
  return [
    {
      path: path.slice(0, 1_000),
      ...(line !== undefined && { line }),
      outdated: isOutdated,
      hunk: (thread.comments[0]?.diffHunk ?? "").slice(-MAX_HUNK),
      comments: comments.map(({ author, body, createdAt }) => said(author, body, createdAt)),
    },
  ];
}

const FAILED = new Set(["FAILURE", "ERROR", "TIMED_OUT", "STARTUP_FAILURE", "ACTION_REQUIRED"]);

/** Ours among them says only how an earlier task ended. */
function failingChecks({ commits }: Around): ContextResponse["failingChecks"] {
  const checks = commits.at(-1)?.commit.statusCheckRollup?.contexts ?? [];
  return checks
    .map((check) =>
      check.__typename === "CheckRun"
        ? { ...check, end: check.conclusion, says: [check.title, check.summary] }
        : { name: check.context, end: check.state, says: [check.description] },
    )
    .filter(({ name, end = "" }) => FAILED.has(end) && name !== CHECK_NAME)
    .slice(0, MAX_CHECKS)
    .map(({ name, says }) => ({
      name: name.slice(0, 200),
      summary: says.filter(Boolean).join("\n\n").slice(0, MAX_HUNK),
    }));
}

/** Who wrote it with their own hands, if anybody did. */
function personOf({ user, performed_via_github_app }: Comment): Actor | undefined {
  return user?.type === "User" && !performed_via_github_app ? { id: user.id, login: user.login } : undefined;
}

function actorOf(author: Author): Actor | undefined {
  if (author?.__typename !== "User" || author.databaseId === undefined) return undefined;
  return { id: author.databaseId, login: author.login };
}

async function newest(octokit: Octokit, { repository, number }: TaskSpec, count: number): Promise<Comment[]> {
  if (count === 0) return [];
  const place = { owner: repository.owner, repo: repository.name, issue_number: number };
  const lastPage = Math.ceil(count / PAGE);
  const pages: Comment[][] = [];
  for (let page = Math.max(1, lastPage - 1); page <= lastPage; page++) {
    const { data } = await octokit.rest.issues.listComments({ ...place, per_page: PAGE, page });
    pages.push(data);
  }
  return pages.flat();
}

/** Written and last edited before the command. GitHub's times have whole seconds: the same second is too late. */
function isBefore({ requestedAt }: TaskSpec, writtenAt: string, editedAt: string | undefined): boolean {
  return Date.parse(writtenAt) < requestedAt && (editedAt === undefined || Date.parse(editedAt) < requestedAt);
}
