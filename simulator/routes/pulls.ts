/** Pull requests. Their comments, labels and reactions are those of the issue with the same number. */
import { closeIssue, editIssue, isPull, reopenIssue } from "../actions/issues.ts";
import { changeBase, mergePull, openPull } from "../actions/pulls.ts";
import { atLeast, roleOf } from "../auth/permissions.ts";
import { diffFiles, diffText, listCommits } from "../git/history.ts";
import { branchTip } from "../git/repository.ts";
import { commit as commitJson, diffEntry } from "../serialise/commit.ts";
import { type PullIssue, pullBase, pullFull, pullSimple } from "../serialise/pull.ts";
import { pullsOf } from "../store/store.ts";
import { by, numberParam, optionalChoice, optionalFlag, optionalText, type RepositoryCall, text } from "./call.ts";
import { demandAuthorOrTriage, selected } from "./issues.ts";
import { listed } from "./pages.ts";
import { ApiError, created, invalid, notFound, ok, type Reply } from "./reply.ts";
import { inRepository, type Route, read, write } from "./router.ts";

export const reading = read("pull_requests");
export const writing = write("read", "pull_requests");

export function pullOf(call: RepositoryCall): PullIssue {
  const issue = call.repo.issues.get(numberParam(call, "number"));
  if (!issue || !isPull(issue)) throw notFound();
  return issue;
}

async function open(call: RepositoryCall): Promise<Reply> {
  const { actor, repo, world } = call;
  const wanted = {
    title: text(call, "title"),
    head: text(call, "head"),
    base: text(call, "base"),
    body: optionalText(call, "body"),
    draft: optionalFlag(call, "draft"),
  };
  // A stranger may propose what is in his own fork, not what is in ours.
  const ownHead = !wanted.head.includes(":") || wanted.head.startsWith(`${repo.owner.login}:`);
  if (actor.kind === "user" && ownHead && !atLeast(roleOf(repo, actor.account), "write"))
    throw new ApiError(403, "Must have push access to repository");
  return created(await pullFull(world, repo, await openPull(world, repo, by(call), wanted)));
}

function list(call: RepositoryCall): Promise<Reply> {
  const query = call.url.searchParams;
  const [head, base] = [query.get("head")?.toLowerCase(), query.get("base")];
  const pulls = selected(call, pullsOf(call.repo))
    .filter(isPull)
    .filter(({ pull }) => !base || pull.baseRef === base)
    .filter(({ pull }) => {
      const owner = call.world.store.repositories.get(pull.headRepositoryId)?.owner.login;
      // Without `owner:` GitHub does not filter at all.
      return !head?.includes(":") || head === `${owner}:${pull.headRef}`.toLowerCase();
    });
  return listed(call, pulls, (each) => pullSimple(call.world, call.repo, each));
}

async function show(call: RepositoryCall): Promise<Reply> {
  const issue = pullOf(call);
  if (!/\bdiff\b/.test(call.headers.accept ?? "")) return ok(await pullFull(call.world, call.repo, issue));
  const diff = await diffText(call.repo.dir, await pullBase(call.repo, issue.pull), issue.pull.headSha);
  return { status: 200, body: diff, headers: { "content-type": "application/vnd.github.diff; charset=utf-8" } };
}

/** Reopening needs the head branch, and takes it as it is now. */
async function demandHead(call: RepositoryCall, { pull, state }: PullIssue): Promise<void> {
  const source = call.world.store.repositories.get(pull.headRepositoryId);
  const tip = source && (await branchTip(source.dir, pull.headRef));
  if (!tip)
    throw invalid(
      "PullRequest",
      "state",
      `state cannot be changed. The ${pull.headRef} branch was deleted.`,
      "invalid",
    );
  if (state === "closed" && tip !== pull.headSha)
    throw invalid(
      "PullRequest",
      "state",
      `state cannot be changed. The ${pull.headRef} branch was force-pushed or recreated.`,
      "invalid",
    );
}

async function patch(call: RepositoryCall): Promise<Reply> {
  const { world, repo } = call;
  const issue = pullOf(call);
  demandAuthorOrTriage(call, issue.user);
  const state = optionalChoice(call, "state", ["open", "closed"] as const);
  await editIssue(world, repo, issue, by(call), {
    title: optionalText(call, "title"),
    body: optionalText(call, "body"),
  });
  const base = optionalText(call, "base");
  if (base !== undefined && base !== issue.pull.baseRef) {
    const tip = await branchTip(repo.dir, base);
    if (!tip) throw invalid("PullRequest", "base", "base is invalid", "invalid");
    await changeBase(world, repo, issue, by(call), { ref: base, sha: tip });
  }
  if (state === "closed") await closeIssue(world, repo, issue, by(call));
  if (state === "open" && issue.pull.mergedAt)
    throw invalid("PullRequest", "state", "state cannot be changed.", "invalid");
  if (state === "open") await demandHead(call, issue);
  if (state === "open") await reopenIssue(world, repo, issue, by(call));
  return ok(await pullFull(world, repo, issue));
}

async function files(call: RepositoryCall): Promise<Reply> {
  const { pull } = pullOf(call);
  const all = await diffFiles(call.repo.dir, await pullBase(call.repo, pull), pull.headSha);
  return listed(call, all, (file) => diffEntry(call.world, call.repo, pull.headSha, file));
}

async function commits(call: RepositoryCall): Promise<Reply> {
  const { pull } = pullOf(call);
  const all = await listCommits(call.repo.dir, `${pull.baseSha}..${pull.headSha}`, 250);
  return listed(call, all.reverse(), (each) => commitJson(call.world, call.repo, each));
}

export const pullRoutes: Route[] = [
  inRepository("GET", "/pulls", reading, list),
  inRepository("POST", "/pulls", writing, open, { content: true }),
  inRepository("GET", "/pulls/{number}", reading, show),
  inRepository("PATCH", "/pulls/{number}", writing, patch),
  inRepository("GET", "/pulls/{number}/files", reading, files),
  inRepository("GET", "/pulls/{number}/commits", reading, commits),
  inRepository("PUT", "/pulls/{number}/merge", write("write", "contents"), async (call) => {
    const issue = pullOf(call);
    const wanted = optionalText(call, "sha");
    if (wanted !== undefined && wanted !== issue.pull.headSha)
      throw new ApiError(409, "Head branch was modified. Review and try the merge again.");
    const sha = await mergePull(call.world, call.repo, issue, by(call));
    return ok({ sha, merged: true, message: "Pull Request successfully merged" });
  }),
];
