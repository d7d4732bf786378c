/**
 * Tells the App what happened. Each payload carries `repository`, `sender`, `installation` (and `organization` where an
 * organization owns the repository); only what the App is installed on and subscribed to is sent.
 */
import { nodeId, organization, user } from "../serialise/account.ts";
import { installation as installationJson } from "../serialise/installation.ts";
import { repository } from "../serialise/repository.ts";
import type { Account, Installation, Repository } from "../store/model.ts";
import { installationOf } from "../store/store.ts";
import type { World } from "../world.ts";
import { send } from "./webhooks.ts";

/** Events of a kind go to installations that may read such things; others (`repository`, `label` ...) to all. */
const readers: Readonly<Record<string, readonly string[]>> = {
  issues: ["issues"],
  issue_comment: ["issues", "pull_requests"],
  pull_request: ["pull_requests"],
  pull_request_review: ["pull_requests"],
  pull_request_review_comment: ["pull_requests"],
  check_run: ["checks"],
  check_suite: ["checks"],
  status: ["statuses"],
  push: ["contents"],
  create: ["contents"],
  delete: ["contents"],
};

/** The installation that hears such an event of the repository, if any. */
export function listener(world: World, repo: Repository, event: string): Installation | undefined {
  const installation = installationOf(world.store, repo);
  if (!installation || installation.suspendedAt || !world.app.events.includes(event)) return undefined;
  const needed = readers[event];
  return !needed || needed.some((each) => installation.permissions[each]) ? installation : undefined;
}

/** An event in a repository; `payload` without the common fields. */
export function emit(
  world: World,
  repo: Repository,
  event: string,
  payload: Record<string, unknown>,
  sender: Account,
): void {
  const installation = listener(world, repo, event);
  if (!installation) return;
  const owner = repo.owner.type === "Organization" ? { organization: organization(world, repo.owner) } : {};
  const common = {
    repository: repository(world, repo),
    ...owner,
    sender: user(world, sender),
    installation: { id: installation.id, node_id: nodeId("INST", installation.id) },
  };
  send(world, {
    event,
    payload: { ...payload, ...common },
    installationId: installation.id,
    repositoryId: repo.id,
  });
}

/** An event of the installation itself: always sent, whatever the App subscribed to. */
export function emitInstallation(
  world: World,
  installation: Installation,
  event: "installation" | "installation_repositories",
  payload: Record<string, unknown>,
  sender: Account,
): void {
  send(world, {
    event,
    payload: { ...payload, installation: installationJson(world, installation), sender: user(world, sender) },
    installationId: installation.id,
    repositoryId: undefined,
  });
}
