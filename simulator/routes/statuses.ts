/** Commit statuses: one more, those of a commit, and the worst of them. */
import { addStatus } from "../actions/statuses.ts";
import { resolveCommit } from "../git/repository.ts";
import { apiUrl, repository } from "../serialise/repository.ts";
import { combinedState, latestStatuses, statusesOf, status as statusJson } from "../serialise/status.ts";
import type { Status } from "../store/model.ts";
import { by, optionalChoice, optionalText, type RepositoryCall } from "./call.ts";
import { commitOf } from "./checks.ts";
import { counted, listed } from "./pages.ts";
import { ApiError, created, type Reply } from "./reply.ts";
import { inRepository, type Route, read, write } from "./router.ts";

const reading = read("statuses", "contents");
const shown = (call: RepositoryCall) => (each: Status) => statusJson(call.world, call.repo, each);

async function add(call: RepositoryCall): Promise<Reply> {
  const { world, repo } = call;
  const sha = await resolveCommit(repo.dir, call.params.ref ?? "");
  if (!sha) throw new ApiError(422, `No commit found for SHA: ${call.params.ref}`);
  const state = optionalChoice(call, "state", ["error", "failure", "pending", "success"] as const);
  if (!state) throw new ApiError(422, `Invalid request.\n\n"state" wasn't supplied.`);
  const status = await addStatus(world, repo, by(call), sha, {
    state,
    context: optionalText(call, "context"),
    description: optionalText(call, "description"),
    targetUrl: optionalText(call, "target_url"),
  });
  return created(shown(call)(status));
}

async function combined(call: RepositoryCall): Promise<Reply> {
  const sha = await commitOf(call);
  const latest = latestStatuses(call.repo, sha);
  const url = `${apiUrl(call.world, call.repo)}/commits/${sha}`;
  return counted(call, "statuses", latest, shown(call), {
    state: combinedState(latest),
    sha,
    repository: repository(call.world, call.repo),
    commit_url: url,
    url: `${url}/status`,
  });
}

export const statusRoutes: Route[] = [
  inRepository("GET", "/commits/{ref}/status", reading, combined),
  inRepository("GET", "/commits/{ref}/statuses", reading, async (call) =>
    listed(call, statusesOf(call.repo, await commitOf(call)), shown(call)),
  ),
  inRepository("POST", "/statuses/{ref}", write("write", "statuses"), add),
];
