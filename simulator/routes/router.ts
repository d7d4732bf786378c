/**
 * Finds the route of a request, checks what it needs, and runs it. A route is data: method, path as in GitHub's
 * documentation, need, and what it does.
 */
import { demand, type Need } from "../auth/permissions.ts";
import type { Repository, Role } from "../store/model.ts";
import { movedRepository, repositoryByName } from "../store/store.ts";
import type { Call, RepositoryCall } from "./call.ts";
import { ApiError, movedTo, notFound, type Reply } from "./reply.ts";

export type Route = {
  method: string;
  /** `{name}` is one segment, `{name+}` the rest of the path. */
  path: string;
  /** Creates content: counts for the secondary limit. */
  content?: boolean;
  handle(call: Call): Reply | Promise<Reply>;
};

/** A GET that needs one of these permissions at level read. */
export const read = (...permissions: string[]): Need => ({
  permissions: permissions.map((each) => `${each}:read`),
  role: "read",
});

/** A change that needs one of these permissions at level write, or that role of a person. */
export const write = (role: Role, ...permissions: string[]): Need => ({
  permissions: permissions.map((each) => `${each}:write`),
  role,
});

/** A route below /repos/{owner}/{repo}: repository and permission are settled before `handle`. */
export function inRepository(
  method: string,
  path: string,
  need: Need,
  handle: (call: RepositoryCall) => Reply | Promise<Reply>,
  options: { content?: boolean } = {},
): Route {
  return {
    method,
    path: `/repos/{owner}/{repo}${path}`,
    content: options.content,
    handle: (call) => {
      const repo = repositoryOf(call);
      demand(call.actor, repo, need);
      return handle({ ...call, repo });
    },
  };
}

/** The repository of the path. One that had this name before answers with its address, to those who may know it. */
export function repositoryOf({ world, actor, method, params, url }: Call): Repository {
  const { owner = "", repo: name = "" } = params;
  const repo = repositoryByName(world.store, owner, name);
  if (repo) return repo;
  const moved = movedRepository(world.store, owner, name);
  if (!moved) throw notFound();
  if (actor.kind !== "app") demand(actor, moved, read("metadata"));
  const rest = url.pathname.replace(/^(?:\/api\/v3)?\/repos\/[^/]+\/[^/]+/, "");
  throw movedTo(method, `${world.url}/api/v3/repositories/${moved.id}${rest}${url.search}`);
}

/** A route for the App itself, by its JWT. */
export function asApp(method: string, path: string, handle: Route["handle"]): Route {
  return {
    method,
    path,
    handle: (call) => {
      if (call.actor.kind !== "app") throw new ApiError(401, "A JSON web token could not be decoded");
      return handle(call);
    },
  };
}

type Compiled = { route: Route; pattern: RegExp; names: string[] };

function compile(route: Route): Compiled {
  const names: string[] = [];
  const source = route.path
    .replace(/[.*?^$()|[\]\\]/g, "\\$&")
    .replace(/\{(\w+)(\+?)\}/g, (_, name: string, rest: string) => {
      names.push(name);
      return rest ? "(.*)" : "([^/]+)";
    });
  return { route, pattern: new RegExp(`^${source}$`), names };
}

export type Found = { route: Route; params: Record<string, string> };
export type Router = (method: string, path: string) => Found | undefined;

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    throw new ApiError(400, `Bad percent-encoding in the path: ${error}`);
  }
}

export function makeRouter(routes: readonly Route[]): Router {
  const compiled = routes.map(compile);
  return (method, path) => {
    for (const { route, pattern, names } of compiled) {
      const match = route.method === method ? pattern.exec(path) : undefined;
      if (!match) continue;
      return { route, params: Object.fromEntries(names.map((name, at) => [name, decoded(match[at + 1] ?? "")])) };
    }
    return undefined;
  };
}
