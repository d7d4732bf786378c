/** The App about itself, its installations and their tokens. */
import { z } from "zod";
import { deleteInstallation, setSuspended } from "../actions/installations.ts";
import { grants } from "../auth/permissions.ts";
import { mintToken } from "../auth/tokens.ts";
import { integration } from "../serialise/account.ts";
import { installation as installationJson } from "../serialise/installation.ts";
import { repository } from "../serialise/repository.ts";
import type { Installation, Permissions } from "../store/model.ts";
import { accountByLogin, installationOf, repositoryByName } from "../store/store.ts";
import type { World } from "../world.ts";
import { type Call, numberParam, optionalField } from "./call.ts";
import { counted, listed } from "./pages.ts";
import { ApiError, created, noContent, notFound, ok, type Reply } from "./reply.ts";
import { asApp, type Route, repositoryOf } from "./router.ts";

function installationOfCall(call: Call): Installation {
  const found = call.world.store.installations.get(numberParam(call, "id"));
  if (!found) throw notFound();
  return found;
}

/** The repositories that the new token is restricted to, or undefined for all of the installation. */
function wantedRepositories(call: Call, installation: Installation): Set<number> | undefined {
  const ids = optionalField(call, "repository_ids", z.array(z.int()));
  const names = optionalField(call, "repositories", z.array(z.string()));
  if (ids === undefined && names === undefined) return undefined;
  const wanted = new Set<number>();
  for (const id of ids ?? []) wanted.add(id);
  for (const name of names ?? [])
    wanted.add(repositoryByName(call.world.store, installation.account.login, name)?.id ?? -1);
  if ([...wanted].every((id) => installation.repositoryIds.has(id))) return wanted;
  const text = "There is at least one repository that does not exist or is not accessible to the parent installation.";
  throw new ApiError(422, text);
}

function wantedPermissions(call: Call, installation: Installation): Permissions {
  const wanted = optionalField(call, "permissions", z.record(z.string(), z.enum(["read", "write", "admin"])));
  if (wanted === undefined) return { ...installation.permissions };
  for (const [name, level] of Object.entries(wanted))
    if (!grants(installation.permissions, `${name}:${level}`))
      throw new ApiError(422, "The permissions requested are not granted to this installation.");
  // GitHub adds `metadata: read` to every token.
  return { ...wanted, metadata: "read" };
}

function createToken(call: Call): Reply {
  const { world } = call;
  const installation = installationOfCall(call);
  if (installation.suspendedAt) throw new ApiError(403, "This installation has been suspended");
  const wish = call.headers["x-github-stateless-s2s-token"];
  const format = wish === "enabled" ? "stateless" : wish === "disabled" ? "classic" : undefined;
  const repositoryIds = wantedRepositories(call, installation);
  const token = mintToken(world, installation, {
    repositoryIds,
    permissions: wantedPermissions(call, installation),
    format,
  });
  const named = [...(repositoryIds ?? [])].flatMap((id) => world.store.repositories.get(id) ?? []);
  return created({
    token: token.token,
    expires_at: new Date(token.expiresAt).toISOString().replace(/\.\d+Z/, "Z"),
    permissions: token.permissions,
    repository_selection: "selected",
    ...(repositoryIds ? { repositories: named.map((repo) => repository(world, repo)) } : {}),
  });
}

function covering(world: World, installation: Installation | undefined): Reply {
  if (!installation) throw notFound();
  return ok(installationJson(world, installation));
}

const installationOfOwner = (call: Call): Reply => {
  const account = accountByLogin(call.world.store, call.params.owner ?? "");
  const all = [...call.world.store.installations.values()];
  return covering(
    call.world,
    all.find((each) => each.account.id === account?.id),
  );
};

const ofInstallation: Route[] = [
  {
    method: "GET",
    path: "/installation/repositories",
    handle: (call) => {
      const { actor, world } = call;
      if (actor.kind !== "installation") throw new ApiError(403, "Resource not accessible by integration");
      const ids = actor.token.repositoryIds ?? actor.installation.repositoryIds;
      const repos = [...ids].flatMap((id) => world.store.repositories.get(id) ?? []);
      const more = { repository_selection: "selected" };
      return counted(call, "repositories", repos, (repo) => repository(world, repo), more);
    },
  },
  {
    method: "DELETE",
    path: "/installation/token",
    handle: ({ actor, world }) => {
      if (actor.kind !== "installation") throw new ApiError(403, "Resource not accessible by integration");
      world.store.tokens.delete(actor.token.token);
      return noContent();
    },
  },
];

export const appRoutes: Route[] = [
  asApp("GET", "/app", ({ world }) => ok(integration(world))),
  asApp("GET", "/app/installations", (call) =>
    listed(call, [...call.world.store.installations.values()], (each) => installationJson(call.world, each)),
  ),
  asApp("GET", "/app/installations/{id}", (call) => covering(call.world, installationOfCall(call))),
  asApp("DELETE", "/app/installations/{id}", (call) => {
    deleteInstallation(call.world, installationOfCall(call));
    return noContent();
  }),
  asApp("POST", "/app/installations/{id}/access_tokens", createToken),
  asApp("PUT", "/app/installations/{id}/suspended", (call) => {
    setSuspended(call.world, installationOfCall(call), true);
    return noContent();
  }),
  asApp("DELETE", "/app/installations/{id}/suspended", (call) => {
    setSuspended(call.world, installationOfCall(call), false);
    return noContent();
  }),
  asApp("GET", "/repos/{owner}/{repo}/installation", (call) => {
    return covering(call.world, installationOf(call.world.store, repositoryOf(call)));
  }),
  asApp("GET", "/orgs/{owner}/installation", installationOfOwner),
  asApp("GET", "/users/{owner}/installation", installationOfOwner),
  {
    method: "GET",
    path: "/apps/{slug}",
    handle: ({ world, params }) => {
      if (params.slug !== world.app.slug) throw notFound();
      return ok(integration(world));
    },
  },
  ...ofInstallation,
];
