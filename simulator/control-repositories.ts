/** Repositories, people and roles, as tests and the demo make them. */
import { renameBranch } from "./actions/branches.ts";
import { install } from "./actions/installations.ts";
import { renameRepository, transferRepository } from "./actions/moves.ts";
import { commitFiles, createRepository, deleteBranch, forkRepository, setArchived } from "./actions/repositories.ts";
import type { RepositoryInfo, RepositoryRef, Simulator } from "./api.ts";
import { byLogin } from "./doing.ts";
import type { Repository } from "./store/model.ts";
import { ensureAccount, fullName, installationOf } from "./store/store.ts";
import type { World } from "./world.ts";

function infoOf(world: World, repo: Repository): RepositoryInfo {
  return {
    id: repo.id,
    owner: repo.owner.login,
    name: repo.name,
    fullName: fullName(repo),
    installationId: installationOf(world.store, repo)?.id ?? 0,
    defaultBranch: repo.defaultBranch,
    cloneUrl: `${world.url}/${fullName(repo)}.git`,
  };
}

type RepositoryControl =
  | "createUser"
  | "createRepository"
  | "fork"
  | "commit"
  | "deleteBranch"
  | "renameRepository"
  | "transferRepository"
  | "install"
  | "renameBranch"
  | "setDrafts"
  | "archive"
  | "unarchive"
  | "setPermission"
  | "setRules"
  | "requireChecks";

export function repositoryControl(
  world: World,
  find: (ref: RepositoryRef) => Repository,
): Pick<Simulator, RepositoryControl> {
  const changed = <T>(value: T): T => {
    world.bus.emit("change");
    return value;
  };
  const ownerOf = (ref: RepositoryRef): string => find(ref).owner.login;
  const setPermission: Simulator["setPermission"] = (ref, login, role) => {
    const account = ensureAccount(world.store, login, "User");
    if (role) find(ref).roles.set(account.id, role);
    else find(ref).roles.delete(account.id);
    changed(undefined);
  };
  return {
    createUser(login) {
      const { id, token } = ensureAccount(world.store, login, "User");
      if (token === undefined) throw new Error(`${login} is not a person`);
      return { login, id, token };
    },
    async createRepository({
      owner,
      name,
      private: isPrivate = false,
      files,
      collaborators = {},
      install: wanted = true,
    }) {
      const account = ensureAccount(world.store, owner, "Organization");
      const repo = await createRepository(world, account, { name, private: isPrivate, files, author: account });
      for (const [login, role] of Object.entries(collaborators)) setPermission(`${owner}/${name}`, login, role);
      if (wanted) install(world, repo, account);
      return changed(infoOf(world, repo));
    },
    async fork(ref, { as }) {
      return changed(infoOf(world, await forkRepository(world, find(ref), byLogin(world, as).account)));
    },
    async commit(ref, branch, files, message, as) {
      const by = byLogin(world, as ?? ownerOf(ref));
      return changed(await commitFiles(world, find(ref), by, { branch, files, message }));
    },
    async deleteBranch(ref, branch, as) {
      changed(await deleteBranch(world, find(ref), byLogin(world, as ?? ownerOf(ref)), branch));
    },
    renameRepository(ref, name) {
      const repo = find(ref);
      renameRepository(world, repo, byLogin(world, ownerOf(ref)), name);
      return changed(infoOf(world, repo));
    },
    transferRepository(ref, owner, { install: wanted = false } = {}) {
      const repo = find(ref);
      const by = byLogin(world, ownerOf(ref));
      const to = ensureAccount(world.store, owner, "Organization");
      transferRepository(world, repo, by, { owner: to, install: wanted });
      return changed(infoOf(world, repo));
    },
    install(ref) {
      const repo = find(ref);
      install(world, repo, repo.owner);
      return changed(infoOf(world, repo));
    },
    async renameBranch(ref, from, to) {
      changed(await renameBranch(world, find(ref), byLogin(world, ownerOf(ref)), from, to));
    },
    setDrafts(ref, allowed) {
      find(ref).drafts = allowed;
      changed(undefined);
    },
    archive: (ref) => changed(setArchived(world, find(ref), true)),
    unarchive: (ref) => changed(setArchived(world, find(ref), false)),
    setPermission,
    setRules(ref, rules) {
      Object.assign(find(ref).rules, rules);
      changed(undefined);
    },
    requireChecks(ref, names) {
      find(ref).requiredChecks = [...names];
      changed(undefined);
    },
  };
}
