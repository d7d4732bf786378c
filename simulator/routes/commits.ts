/** Commits, branches and comparisons. */
import { renameBranch, renamedTo } from "../actions/branches.ts";
import { isPull } from "../actions/issues.ts";
import { demand } from "../auth/permissions.ts";
import {
  type CommitInfo,
  countCommits,
  diffFiles,
  isTreePath,
  listCommits,
  mergeBase,
  parentOrEmpty,
  readCommit,
} from "../git/history.ts";
import { branchTip, listRefs, resolveCommit } from "../git/repository.ts";
import { commit as commitJson, diffEntry, gitCommit } from "../serialise/commit.ts";
import { pullSimple } from "../serialise/pull.ts";
import { apiUrl, pageUrl } from "../serialise/repository.ts";
import { pullsOf } from "../store/store.ts";
import { by, type RepositoryCall, text } from "./call.ts";
import { commitOf } from "./checks.ts";
import { listed } from "./pages.ts";
import { ApiError, created, movedTo, notFound, ok, type Reply } from "./reply.ts";
import { inRepository, type Route, read, write } from "./router.ts";

const reading = read("contents");
/** More history than this nobody pages through here. */
const maxHistory = 1_000;

const shown = (call: RepositoryCall) => (each: CommitInfo) => commitJson(call.world, call.repo, each);

async function list(call: RepositoryCall): Promise<Reply> {
  const query = call.url.searchParams;
  const start = await resolveCommit(call.repo.dir, query.get("sha") ?? call.repo.defaultBranch);
  if (!start) throw query.has("sha") ? notFound() : new ApiError(409, "Git Repository is empty.");
  const path = query.get("path") || undefined;
  if (path !== undefined && !isTreePath(path.replace(/\/+$/, ""))) throw notFound();
  return listed(call, await listCommits(call.repo.dir, start, maxHistory, path), shown(call));
}

async function show(call: RepositoryCall): Promise<Reply> {
  const info = await readCommit(call.repo.dir, await commitOf(call));
  const files = await diffFiles(call.repo.dir, parentOrEmpty(info), info.sha);
  const sum = (key: "additions" | "deletions") => files.reduce((total, file) => total + file[key], 0);
  const [additions, deletions] = [sum("additions"), sum("deletions")];
  return ok({
    ...shown(call)(info),
    stats: { additions, deletions, total: additions + deletions },
    files: files.map((file) => diffEntry(call.world, call.repo, info.sha, file)),
  });
}

const unprotected = { enabled: false, required_status_checks: { enforcement_level: "off", contexts: [], checks: [] } };

async function branches(call: RepositoryCall): Promise<Reply> {
  const refs = [...(await listRefs(call.repo.dir))].filter(([name]) => name.startsWith("refs/heads/"));
  return listed(call, refs, ([name, sha]) => ({
    name: name.slice("refs/heads/".length),
    commit: { sha, url: `${apiUrl(call.world, call.repo)}/commits/${sha}` },
    protected: false,
  }));
}

async function branch(call: RepositoryCall): Promise<Reply> {
  const name = call.params.branch ?? "";
  const sha = await branchTip(call.repo.dir, name);
  if (!sha) throw missingBranch(call, name);
  return ok(await branchJson(call, name, sha));
}

/** A branch that was renamed is elsewhere now. */
function missingBranch(call: RepositoryCall, name: string): ApiError {
  const now = renamedTo(call.repo, name);
  if (now === undefined) return new ApiError(404, "Branch not found");
  return movedTo(call.method, `${apiUrl(call.world, call.repo)}/branches/${encodeURIComponent(now)}`);
}

async function branchJson(call: RepositoryCall, name: string, sha: string) {
  const self = `${apiUrl(call.world, call.repo)}/branches/${encodeURIComponent(name)}`;
  return {
    name,
    commit: shown(call)(await readCommit(call.repo.dir, sha)),
    _links: { self, html: `${pageUrl(call.world, call.repo)}/tree/${name}` },
    protected: false,
    protection: unprotected,
    protection_url: `${self}/protection`,
  };
}

async function rename(call: RepositoryCall): Promise<Reply> {
  const { world, repo } = call;
  const [from, to] = [call.params.branch ?? "", text(call, "new_name")];
  // The default branch is an admin's matter.
  if (from === repo.defaultBranch) demand(call.actor, repo, write("admin", "administration"));
  await renameBranch(world, repo, by(call), from, to);
  return created(await branchJson(call, to, (await branchTip(repo.dir, to)) ?? ""));
}

async function compare(call: RepositoryCall): Promise<Reply> {
  const [from = "", to = ""] = (call.params.basehead ?? "").split("...");
  const { dir } = call.repo;
  const [base, head] = await Promise.all([resolveCommit(dir, from), resolveCommit(dir, to)]);
  const fork = base && head && (await mergeBase(dir, base, head));
  if (!base || !head || !fork) throw notFound();
  const [ahead, behind] = [await countCommits(dir, `${base}..${head}`), await countCommits(dir, `${head}..${base}`)];
  const page = `${pageUrl(call.world, call.repo)}/compare/${from}...${to}`;
  const commits = (await listCommits(dir, `${base}..${head}`, 250)).reverse();
  return ok({
    url: `${apiUrl(call.world, call.repo)}/compare/${from}...${to}`,
    html_url: page,
    permalink_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    base_commit: shown(call)(await readCommit(dir, base)),
    merge_base_commit: shown(call)(await readCommit(dir, fork)),
    status: ahead && behind ? "diverged" : ahead ? "ahead" : behind ? "behind" : "identical",
    ahead_by: ahead,
    behind_by: behind,
    total_commits: ahead,
    commits: commits.map(shown(call)),
    files: (await diffFiles(dir, fork, head)).map((file) => diffEntry(call.world, call.repo, head, file)),
  });
}

async function pullsWith(call: RepositoryCall): Promise<Reply> {
  const sha = await commitOf(call);
  const found = [];
  for (const issue of pullsOf(call.repo).filter(isPull))
    if ((await mergeBase(call.repo.dir, sha, issue.pull.headSha)) === sha) found.push(issue);
  return listed(call, found, (each) => pullSimple(call.world, call.repo, each));
}

export const commitRoutes: Route[] = [
  inRepository("GET", "/commits", reading, list),
  inRepository("GET", "/commits/{ref}/pulls", read("pull_requests"), pullsWith),
  inRepository("GET", "/commits/{ref+}", reading, show),
  inRepository("GET", "/git/commits/{ref}", reading, async (call) =>
    ok(gitCommit(call.world, call.repo, await readCommit(call.repo.dir, await commitOf(call)))),
  ),
  inRepository("GET", "/branches", reading, branches),
  inRepository("GET", "/branches/{branch+}", reading, branch),
  inRepository("POST", "/branches/{branch+}/rename", write("write", "contents"), rename),
  inRepository("GET", "/compare/{basehead+}", reading, compare),
];
