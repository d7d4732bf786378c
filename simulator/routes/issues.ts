/** Issues: those routes that also serve pull requests are here too, as on GitHub. */
import { closeIssue, editIssue, openIssue, reopenIssue, setLabels } from "../actions/issues.ts";
import { lockIssue, unlockIssue } from "../actions/locks.ts";
import { atLeast, roleOf } from "../auth/permissions.ts";
import { issue as issueJson } from "../serialise/issue.ts";
import type { Account, Issue } from "../store/model.ts";
import { accountByLogin } from "../store/store.ts";
import { by, numberParam, optionalChoice, optionalText, type RepositoryCall, text, textList } from "./call.ts";
import { listed } from "./pages.ts";
import { ApiError, created, invalid, movedTo, noContent, notFound, ok, type Reply } from "./reply.ts";
import { inRepository, type Route, read, write } from "./router.ts";

/** The issue or pull request of `{number}`. */
export function issueOf(call: RepositoryCall): Issue {
  const number = numberParam(call, "number");
  const issue = call.repo.issues.get(number);
  if (issue) return issue;
  const moved = call.repo.movedIssues.get(number);
  if (!moved) throw notFound();
  const rest = call.url.pathname.replace(/^.*?\/issues\/\d+/, "");
  const place = `repositories/${moved.repositoryId}/issues/${moved.number}`;
  throw movedTo(call.method, `${call.world.url}/api/v3/${place}${rest}${call.url.search}`);
}

/** In a locked conversation speak those who may write, and no App. */
export function demandUnlocked(
  { actor, repo }: Pick<RepositoryCall, "actor" | "repo">,
  issue: Issue,
  what: "comment" | "reaction",
): void {
  if (!issue.locked) return;
  if (actor.kind === "user" && atLeast(roleOf(repo, actor.account), "write")) return;
  throw new ApiError(403, `Unable to create ${what} because issue is locked.`);
}

/** The issue, where the caller may speak. */
export function openConversation(call: RepositoryCall): Issue {
  const issue = issueOf(call);
  demandUnlocked(call, issue, "comment");
  return issue;
}

const lockReasons = ["off-topic", "too heated", "resolved", "spam"] as const;
const locking = write("write", "issues", "pull_requests");

const lockRoutes: Route[] = [
  inRepository("PUT", "/issues/{number}/lock", locking, async (call) => {
    const reason = optionalChoice(call, "lock_reason", lockReasons);
    await lockIssue(call.world, call.repo, issueOf(call), by(call), reason);
    return noContent();
  }),
  inRepository("DELETE", "/issues/{number}/lock", locking, async (call) => {
    await unlockIssue(call.world, call.repo, issueOf(call), by(call));
    return noContent();
  }),
];

/** Authors may change what is theirs; others need to triage. Installations have been checked already. */
export function demandAuthorOrTriage(call: RepositoryCall, author: Account): void {
  const { actor, repo } = call;
  if (actor.kind !== "user" || actor.account.id === author.id) return;
  if (!atLeast(roleOf(repo, actor.account), "triage")) throw new ApiError(403, "Must have admin rights to Repository.");
}

function accounts(call: RepositoryCall, logins: readonly string[]): Account[] {
  return logins.map((login) => {
    const account = accountByLogin(call.world.store, login);
    if (!account) throw invalid("Issue", "assignees", `${login} cannot be assigned`, "invalid");
    return account;
  });
}

/** state, labels, creator, since, sort and direction, as for every list of issues. */
export function selected(call: RepositoryCall, issues: Issue[]): Issue[] {
  const query = call.url.searchParams;
  const state = query.get("state") ?? "open";
  const labels = query.get("labels")?.toLowerCase().split(",") ?? [];
  const [creator, since] = [query.get("creator")?.toLowerCase(), query.get("since")];
  const key = query.get("sort") === "updated" ? "updatedAt" : "createdAt";
  const sign = query.get("direction") === "asc" ? 1 : -1;
  return issues
    .filter((issue) => state === "all" || issue.state === state)
    .filter((issue) => labels.every((name) => issue.labels.some((each) => each.name.toLowerCase() === name)))
    .filter((issue) => !creator || issue.user.login.toLowerCase() === creator)
    .filter((issue) => !since || Date.parse(issue.updatedAt) >= Date.parse(since))
    .sort((a, b) => sign * (Date.parse(a[key]) - Date.parse(b[key]) || a.number - b.number));
}

async function open(call: RepositoryCall): Promise<Reply> {
  const assignees = accounts(call, textList(call.body.assignees) ?? []);
  const mayLabel = call.actor.kind !== "user" || atLeast(roleOf(call.repo, call.actor.account), "triage");
  // Without the right to triage, labels are dropped silently, as GitHub documents.
  const labels = mayLabel ? textList(call.body.labels) : [];
  const wanted = { title: text(call, "title"), body: optionalText(call, "body"), labels, assignees };
  return created(issueJson(call.world, call.repo, await openIssue(call.world, call.repo, by(call), wanted)));
}

async function patch(call: RepositoryCall): Promise<Reply> {
  const { world, repo } = call;
  const issue = issueOf(call);
  demandAuthorOrTriage(call, issue.user);
  const state = optionalChoice(call, "state", ["open", "closed"] as const);
  const reason = optionalChoice(call, "state_reason", ["completed", "not_planned", "duplicate", "reopened"] as const);
  await editIssue(world, repo, issue, by(call), {
    title: optionalText(call, "title"),
    body: optionalText(call, "body"),
  });
  const labels = textList(call.body.labels);
  if (labels) await setLabels(world, repo, issue, by(call), labels);
  const assignees = textList(call.body.assignees);
  if (assignees) issue.assignees = accounts(call, assignees);
  if (state === "closed") await closeIssue(world, repo, issue, by(call), reason);
  if (state === "open") await reopenIssue(world, repo, issue, by(call));
  return ok(issueJson(world, repo, issue));
}

export const issueRoutes: Route[] = [
  inRepository("GET", "/issues", read("issues", "pull_requests"), (call) =>
    listed(call, selected(call, [...call.repo.issues.values()]), (issue) => issueJson(call.world, call.repo, issue)),
  ),
  inRepository("POST", "/issues", write("read", "issues"), open, { content: true }),
  inRepository("GET", "/issues/{number}", read("issues", "pull_requests"), (call) => {
    const issue = issueOf(call);
    const closedBy = issue.closedBy ? issueJson(call.world, call.repo, { ...issue, user: issue.closedBy }).user : null;
    return ok({ ...issueJson(call.world, call.repo, issue), closed_by: closedBy });
  }),
  ...lockRoutes,
  inRepository("PATCH", "/issues/{number}", write("read", "issues", "pull_requests"), patch),
];
