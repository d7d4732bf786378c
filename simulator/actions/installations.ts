/** Installing the App, and taking it away again. One installation per owner, as on GitHub. */
import { repositoryStub } from "../serialise/repository.ts";
import type { Account, Installation, Permissions, Repository } from "../store/model.ts";
import { timestamp } from "../store/store.ts";
import { emitInstallation } from "../webhooks/emit.ts";
import type { World } from "../world.ts";

/** Adds the repository to its owner's installation, which is made when it is the first. */
export function install(world: World, repo: Repository, sender: Account): Installation {
  const known = [...world.store.installations.values()].find((each) => each.account.id === repo.owner.id);
  if (known) {
    known.repositoryIds.add(repo.id);
    const more = { repositories_added: [repositoryStub(repo)], repositories_removed: [], requester: null };
    const payload = { action: "added", repository_selection: "selected", ...more };
    emitInstallation(world, known, "installation_repositories", payload, sender);
    return known;
  }
  const now = timestamp();
  const installation: Installation = {
    id: world.store.nextId("installation"),
    account: repo.owner,
    repositoryIds: new Set([repo.id]),
    permissions: { ...world.app.permissions },
    createdAt: now,
    updatedAt: now,
  };
  world.store.installations.set(installation.id, installation);
  const payload = { action: "created", repositories: [repositoryStub(repo)], requester: null };
  emitInstallation(world, installation, "installation", payload, sender);
  return installation;
}

const stubs = (world: World, installation: Installation) =>
  [...installation.repositoryIds].flatMap((id) => {
    const repo = world.store.repositories.get(id);
    return repo ? [repositoryStub(repo)] : [];
  });

/** Takes one repository out of the installation. */
export function uninstall(world: World, installation: Installation, repo: Repository): void {
  if (!installation.repositoryIds.delete(repo.id)) return;
  const more = { repositories_added: [], repositories_removed: [repositoryStub(repo)], requester: null };
  const payload = { action: "removed", repository_selection: "selected", ...more };
  emitInstallation(world, installation, "installation_repositories", payload, installation.account);
}

export function setSuspended(world: World, installation: Installation, suspended: boolean): void {
  if ((installation.suspendedAt !== undefined) === suspended) return;
  installation.suspendedAt = suspended ? timestamp() : undefined;
  installation.suspendedBy = suspended ? installation.account : undefined;
  const payload = { action: suspended ? "suspend" : "unsuspend", repositories: stubs(world, installation) };
  emitInstallation(world, installation, "installation", payload, installation.account);
}

/** The owner accepts what the App asks for now: more, or less. */
export function setPermissions(world: World, installation: Installation, permissions: Permissions): void {
  installation.permissions = { ...permissions };
  installation.updatedAt = timestamp();
  const payload = { action: "new_permissions_accepted", repositories: stubs(world, installation), requester: null };
  emitInstallation(world, installation, "installation", payload, installation.account);
}

/** Its tokens are worthless from now on. */
export function deleteInstallation(world: World, installation: Installation): void {
  world.store.installations.delete(installation.id);
  for (const [secret, token] of world.store.tokens)
    if (token.installationId === installation.id) world.store.tokens.delete(secret);
  const payload = { action: "deleted", repositories: stubs(world, installation) };
  emitInstallation(world, installation, "installation", payload, installation.account);
}
