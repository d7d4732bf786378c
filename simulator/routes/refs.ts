/** git references through REST: reading, making, moving and deleting. Each change is a push with its events. */
import { pushing } from "../actions/pushes.ts";
import { git, gitOrUndefined } from "../git/git.ts";
import { listRefs, readRef, resolveCommit } from "../git/repository.ts";
import { nodeId } from "../serialise/account.ts";
import { apiUrl } from "../serialise/repository.ts";
import { by, optionalFlag, type RepositoryCall, text } from "./call.ts";
import { listed } from "./pages.ts";
import { ApiError, created, noContent, notFound, ok, type Reply } from "./reply.ts";
import { inRepository, type Route, read, write } from "./router.ts";

const shown =
  (call: RepositoryCall) =>
  ([name, sha]: readonly [string, string]) => ({
    ref: name,
    node_id: nodeId("REF", `${call.repo.id}:${name}`),
    url: `${apiUrl(call.world, call.repo)}/git/${name.split("/").map(encodeURIComponent).join("/")}`,
    object: { sha, type: "commit", url: `${apiUrl(call.world, call.repo)}/git/commits/${sha}` },
  });

async function show(call: RepositoryCall): Promise<Reply> {
  const name = `refs/${call.params.ref}`;
  const sha = await readRef(call.repo.dir, name);
  if (sha) return ok(shown(call)([name, sha]));
  if ((await listRefs(call.repo.dir)).size === 0) throw new ApiError(409, "Git Repository is empty.");
  throw notFound();
}

async function matching(call: RepositoryCall): Promise<Reply> {
  const prefix = `refs/${call.params.ref}`;
  const found = [...(await listRefs(call.repo.dir))].filter(([name]) => name.startsWith(prefix));
  return listed(call, found, shown(call));
}

async function checkedCommit(call: RepositoryCall): Promise<string> {
  const sha = text(call, "sha");
  const commit = /^[0-9a-f]{40}$/.test(sha) ? await resolveCommit(call.repo.dir, sha) : undefined;
  if (!commit) throw new ApiError(422, "Object does not exist");
  return commit;
}

async function create(call: RepositoryCall): Promise<Reply> {
  const { dir } = call.repo;
  const ref = text(call, "ref");
  const sha = await checkedCommit(call);
  if (!/^refs\/(heads|tags)\/./.test(ref) || (await gitOrUndefined(dir, ["check-ref-format", ref])) === undefined)
    throw new ApiError(422, `Reference name is not valid: ${ref}`);
  await pushing(call.world, call.repo, by(call), async () => {
    if ((await listRefs(dir)).has(ref)) throw new ApiError(422, "Reference already exists");
    // Where `topic` is a branch, `topic/sub` cannot be one.
    const made = await gitOrUndefined(dir, ["update-ref", ref, sha, ""]);
    if (made === undefined) throw new ApiError(422, "Reference update failed");
  });
  return created(shown(call)([ref, sha]));
}

async function move(call: RepositoryCall): Promise<Reply> {
  const { dir } = call.repo;
  const ref = `refs/${call.params.ref}`;
  const sha = await checkedCommit(call);
  const force = optionalFlag(call, "force") ?? false;
  await pushing(call.world, call.repo, by(call), async () => {
    const before = (await listRefs(dir)).get(ref);
    if (!before) throw new ApiError(422, "Reference does not exist");
    const forward = (await gitOrUndefined(dir, ["merge-base", "--is-ancestor", before, sha])) !== undefined;
    if (!forward && !force) throw new ApiError(422, "Update is not a fast forward");
    await git(dir, ["update-ref", ref, sha, before]);
  });
  return ok(shown(call)([ref, sha]));
}

async function remove(call: RepositoryCall): Promise<Reply> {
  const { dir } = call.repo;
  const ref = `refs/${call.params.ref}`;
  await pushing(call.world, call.repo, by(call), async () => {
    const before = (await listRefs(dir)).get(ref);
    if (!before) throw new ApiError(422, "Reference does not exist");
    if (ref === `refs/heads/${call.repo.defaultBranch}`)
      throw new ApiError(422, "Reference cannot be deleted: it is the default branch");
    await git(dir, ["update-ref", "-d", ref, before]);
  });
  return noContent();
}

const writing = write("write", "contents");
export const refRoutes: Route[] = [
  inRepository("GET", "/git/ref/{ref+}", read("contents"), show),
  inRepository("GET", "/git/matching-refs/{ref+}", read("contents"), matching),
  inRepository("POST", "/git/refs", writing, create),
  inRepository("PATCH", "/git/refs/{ref+}", writing, move),
  inRepository("DELETE", "/git/refs/{ref+}", writing, remove),
];
