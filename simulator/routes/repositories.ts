/** Repositories and who may do what in them. */
import { renameRepository, transferRepository } from "../actions/moves.ts";
import { setArchived } from "../actions/repositories.ts";
import { covers, readOnly, roleOf } from "../auth/permissions.ts";
import { user } from "../serialise/account.ts";
import { repository } from "../serialise/repository.ts";
import type { Account, Repository, Role } from "../store/model.ts";
import { accountByLogin } from "../store/store.ts";
import type { World } from "../world.ts";
import { by, optionalFlag, optionalText, type RepositoryCall, text } from "./call.ts";
import { listed } from "./pages.ts";
import { ApiError, noContent, notFound, ok, type Reply } from "./reply.ts";
import { inRepository, type Route, read, write } from "./router.ts";

/** `permission` knows only the old four words; `role_name` is exact. */
const legacy: Record<Role, string> = {
  read: "read",
  triage: "read",
  write: "write",
  maintain: "write",
  admin: "admin",
};

const flags = (role: Role | undefined) => {
  const ranks: (Role | undefined)[] = ["read", "triage", "write", "maintain", "admin"];
  const at = ranks.indexOf(role);
  return { admin: at >= 4, maintain: at >= 3, push: at >= 2, triage: at >= 1, pull: at >= 0 };
};

const collaborator = (world: World, account: Account, role: Role | undefined) => ({
  ...user(world, account),
  permissions: flags(role),
  role_name: role ?? "none",
});

function permission(call: RepositoryCall): Reply {
  const account = accountByLogin(call.world.store, call.params.username ?? "");
  if (!account) throw notFound();
  const role = roleOf(call.repo, account);
  return ok({
    permission: role ? legacy[role] : "none",
    role_name: role ?? "none",
    user: collaborator(call.world, account, role),
  });
}

function collaborators(world: World, repo: Repository): { account: Account; role: Role }[] {
  const all = [...repo.roles].flatMap(([id, role]) => {
    const account = world.store.accounts.get(id);
    return account ? [{ account, role }] : [];
  });
  return repo.owner.type === "User" ? [{ account: repo.owner, role: "admin" }, ...all] : all;
}

function show(call: RepositoryCall): Reply {
  const { actor, repo, world } = call;
  const json = repository(world, repo);
  if (actor.kind === "user") return ok({ ...json, permissions: flags(roleOf(repo, actor.account)) });
  if (actor.kind === "installation" && covers(actor, repo)) return ok({ ...json, permissions: flags("read") });
  return ok(json);
}

/** PATCH: archiving and the name, which is all that anything here asks for. An archive can be reopened and nothing else. */
function patch(call: RepositoryCall): Reply {
  const name = optionalText(call, "name");
  const archived = optionalFlag(call, "archived");
  if (call.repo.archived && archived !== false) throw readOnly();
  if (archived !== undefined) setArchived(call.world, call.repo, archived);
  if (name !== undefined) renameRepository(call.world, call.repo, by(call), name);
  return ok(repository(call.world, call.repo));
}

/** Takes its time on GitHub; here it is done when it is accepted. */
function transfer(call: RepositoryCall): Reply {
  const owner = accountByLogin(call.world.store, text(call, "new_owner"));
  if (!owner) throw new ApiError(422, "Invalid new owner");
  const name = optionalText(call, "new_name");
  transferRepository(call.world, call.repo, by(call), { owner, name, install: false });
  return { status: 202, body: repository(call.world, call.repo) };
}

export const repositoryRoutes: Route[] = [
  inRepository("GET", "", read("metadata"), show),
  inRepository("PATCH", "", { ...write("admin", "administration"), archivedToo: true }, patch),
  inRepository("POST", "/transfer", write("admin", "administration"), transfer),
  inRepository("GET", "/collaborators", read("metadata"), (call) =>
    listed(call, collaborators(call.world, call.repo), ({ account, role }) => collaborator(call.world, account, role)),
  ),
  inRepository("GET", "/collaborators/{username}", read("metadata"), (call) => {
    const account = accountByLogin(call.world.store, call.params.username ?? "");
    const listedThere = collaborators(call.world, call.repo).some((each) => each.account === account);
    if (!listedThere) throw notFound();
    return noContent();
  }),
  inRepository("GET", "/collaborators/{username}/permission", read("metadata"), permission),
];
