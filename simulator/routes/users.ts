/** People: by login, by id, and oneself. */
import { publicUser } from "../serialise/account.ts";
import { accountByLogin } from "../store/store.ts";
import { type Call, numberParam } from "./call.ts";
import { ApiError, notFound, ok, type Reply } from "./reply.ts";
import type { Route } from "./router.ts";

function self(call: Call): Reply {
  const { actor, world } = call;
  switch (actor.kind) {
    case "anonymous":
      throw new ApiError(401, "Requires authentication");
    case "app":
    case "installation":
      throw new ApiError(403, "Resource not accessible by integration");
    case "user": {
      const none = {
        private_gists: 0,
        total_private_repos: 0,
        owned_private_repos: 0,
        disk_usage: 0,
        collaborators: 0,
      };
      return ok({ ...publicUser(world, actor.account), ...none, two_factor_authentication: true });
    }
  }
}

export const userRoutes: Route[] = [
  { method: "GET", path: "/user", handle: self },
  {
    method: "GET",
    path: "/user/{id}",
    handle: (call) => {
      const account = call.world.store.accounts.get(numberParam(call, "id"));
      if (!account) throw notFound();
      return ok(publicUser(call.world, account));
    },
  },
  {
    method: "GET",
    path: "/users/{login}",
    handle: (call) => {
      const account = accountByLogin(call.world.store, call.params.login ?? "");
      if (!account) throw notFound();
      return ok(publicUser(call.world, account));
    },
  },
];
