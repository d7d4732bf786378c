/** Which route a request means. A path is taken as it stands: one that a browser would have written in another way is none of ours. */
import type { DashboardRoute } from "../visit.ts";

const MAX_URL = 2_000;
/** What stands for `:id`: ids, numbers, names of owners, repositories and hosts. */
const PART = /^[\w.~-]{1,140}$/;

/** Undefined for what is no path, or is written as another one: `/x/../y`, `//host`, `http://…`. */
export function addressOf(url = ""): URL | undefined {
  if (url.length > MAX_URL || !/^\/(?!\/)[\x21-\x7e]*$/.test(url)) return undefined;
  const read = URL.parse(url, "http://orch");
  return read && read.pathname === url.split(/[?#]/, 1)[0] ? read : undefined;
}

export type Found = { route: DashboardRoute; params: Record<string, string> };

/** Of all methods that there are at this path. */
export function findRoutes(routes: readonly DashboardRoute[], path: string): Found[] {
  return routes.flatMap((route) => {
    const params = paramsIn(route.path, path);
    return params ? [{ route, params }] : [];
  });
}

function paramsIn(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split("/");
  const parts = path.split("/");
  if (wanted.length !== parts.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, name] of wanted.entries()) {
    const part = parts[index] ?? "";
    if (!name.startsWith(":")) {
      if (part !== name) return undefined;
    } else if (PART.test(part)) params[name.slice(1)] = part;
    else return undefined;
  }
  return params;
}
