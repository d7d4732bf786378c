/** Files of a repository: reading at any ref, writing one file as one commit. */
import { commitFiles } from "../actions/repositories.ts";
import { grants } from "../auth/permissions.ts";
import { isTreePath, listTree, readBlob, readCommit, type TreeEntry, treeEntry } from "../git/history.ts";
import { branchTip, resolveCommit } from "../git/repository.ts";
import { gitCommit } from "../serialise/commit.ts";
import { apiUrl, pageUrl } from "../serialise/repository.ts";
import { by, optionalText, type RepositoryCall, text } from "./call.ts";
import { ApiError, notFound, ok, type Reply } from "./reply.ts";
import { inRepository, type Route, read, write } from "./router.ts";

const typeOf = (entry: TreeEntry) =>
  entry.type === "tree" ? "dir" : entry.type === "commit" ? "submodule" : entry.mode === "120000" ? "symlink" : "file";

function entryJson(call: RepositoryCall, entry: TreeEntry, ref: string) {
  const path = entry.path.split("/").map(encodeURIComponent).join("/");
  const self = `${apiUrl(call.world, call.repo)}/contents/${path}?ref=${encodeURIComponent(ref)}`;
  const git = `${apiUrl(call.world, call.repo)}/git/${entry.type}s/${entry.sha}`;
  const html = `${pageUrl(call.world, call.repo)}/${entry.type}/${encodeURIComponent(ref)}/${path}`;
  return {
    name: entry.path.split("/").at(-1) ?? "",
    path: entry.path,
    sha: entry.sha,
    size: entry.size,
    url: self,
    html_url: html,
    git_url: git,
    download_url: entry.type === "blob" ? `${pageUrl(call.world, call.repo)}/raw/${ref}/${path}` : null,
    type: typeOf(entry),
    _links: { self, git, html },
  };
}

const inBase64 = (content: Buffer): string => content.toString("base64").replace(/.{60}/g, "$&\n");

async function show(call: RepositoryCall): Promise<Reply> {
  const { repo } = call;
  const path = (call.params.path ?? "").replace(/\/+$/, "");
  const ref = call.url.searchParams.get("ref") ?? repo.defaultBranch;
  const commit = await resolveCommit(repo.dir, ref.replace(/^refs\/heads\//, ""));
  if (!commit) throw new ApiError(404, `No commit found for the ref ${ref}`);
  const entry = await treeEntry(repo.dir, commit, path);
  // Where a submodule leads is in .gitmodules, which is not read here.
  if (!entry || entry.type === "commit") throw notFound();
  if (entry.type === "tree") {
    const entries = await listTree(repo.dir, commit, path);
    return ok(entries.map((each) => entryJson(call, each, ref)));
  }
  const content = await readBlob(repo.dir, entry.sha);
  if (/\braw\b/.test(call.headers.accept ?? ""))
    return { status: 200, body: content, headers: { "content-type": "application/vnd.github.raw; charset=utf-8" } };
  if (typeOf(entry) === "symlink") return ok({ ...entryJson(call, entry, ref), target: content.toString() });
  return ok({ ...entryJson(call, entry, ref), encoding: "base64", content: inBase64(content) });
}

/** What PUT and DELETE have in common: the branch, the file as it is, and the rule about workflows. */
async function target(call: RepositoryCall) {
  const { actor, repo } = call;
  const path = call.params.path ?? "";
  // git itself takes no part called .git, however it is spelt; it would refuse every clone.
  if (!isTreePath(path) || path.split("/").some((segment) => /^\.git$/i.test(segment)))
    throw new ApiError(422, "path contains a malformed path component");
  const branch = optionalText(call, "branch") ?? repo.defaultBranch;
  const tip = await branchTip(repo.dir, branch);
  if (!tip) throw new ApiError(404, `Branch ${branch} not found`);
  if (path.startsWith(".github/workflows/") && actor.kind === "installation")
    if (!grants(actor.token.permissions, "workflows:write"))
      throw new ApiError(403, "Resource not accessible by integration");
  const before = await treeEntry(repo.dir, tip, path);
  const said = optionalText(call, "sha");
  if (before && said === undefined) throw new ApiError(422, `Invalid request.\n\n"sha" wasn't supplied.`);
  if (before && said !== before.sha) throw new ApiError(409, `${path} does not match ${said}`);
  return { path, branch, before };
}

function contentOf(call: RepositoryCall): Buffer {
  const said = text(call, "content").replace(/\s/g, "");
  const content = Buffer.from(said, "base64");
  const bare = (base64: string): string => base64.replace(/=+$/, "");
  if (bare(content.toString("base64")) !== bare(said)) throw new ApiError(422, "content is not valid Base64");
  return content;
}

async function writeFile(call: RepositoryCall): Promise<Reply> {
  const { repo, world } = call;
  const { path, branch, before } = await target(call);
  const content = contentOf(call);
  const sha = await commitFiles(world, repo, by(call), {
    branch,
    message: text(call, "message"),
    files: { [path]: content },
  });
  const entry = await treeEntry(repo.dir, sha, path);
  const body = {
    content: entry ? entryJson(call, entry, branch) : null,
    commit: gitCommit(world, repo, await readCommit(repo.dir, sha)),
  };
  return { status: before ? 200 : 201, body };
}

async function deleteFile(call: RepositoryCall): Promise<Reply> {
  const { repo, world } = call;
  const { path, branch, before } = await target(call);
  if (!before) throw notFound();
  const files = { [path]: undefined };
  const sha = await commitFiles(world, repo, by(call), { branch, message: text(call, "message"), files });
  return ok({ content: null, commit: gitCommit(world, repo, await readCommit(repo.dir, sha)) });
}

const writing = write("write", "contents");
export const contentRoutes: Route[] = [
  inRepository("GET", "/contents", read("contents"), show),
  inRepository("GET", "/contents/{path+}", read("contents"), show),
  inRepository("PUT", "/contents/{path+}", writing, writeFile, { content: true }),
  inRepository("DELETE", "/contents/{path+}", writing, deleteFile),
];
