/**
 * Addresses that stand in answers and are neither API nor page: pictures of people, their profiles, the App's settings.
 * They lead somewhere, so that every link opens; more is not behind them.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { isApiPath } from "./addresses.ts";
import { parseGitPath } from "./git-access.ts";
import { accountByLogin, fullName, movedRepository } from "./store/store.ts";
import type { World } from "./world.ts";

const avatar = (hue: number): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><rect width="1" height="1" fill="hsl(${hue} 50% 60%)"/></svg>`;

/** True when it answered. A profile of an App is API as well: there a browser says that it wants a page. */
export function answerAside(world: World, request: IncomingMessage, response: ServerResponse, url: URL): boolean {
  const picture = /^\/avatars\/u\/(\d{1,15})$/.exec(url.pathname);
  if (picture) {
    response.writeHead(200, { "content-type": "image/svg+xml" }).end(avatar((Number(picture[1]) * 47) % 360));
    return true;
  }
  if (url.pathname === "/favicon.ico") {
    response.writeHead(204).end();
    return true;
  }
  const [, owner = "", name = "", rest = ""] = /^\/([^/]+)\/([^/]+)(\/.*)?$/.exec(url.pathname) ?? [];
  const moved = isApiPath(url.pathname) ? undefined : movedRepository(world.store, owner, name);
  // git is told by itself, with who may know.
  if (moved && !moved.private && !parseGitPath(url.pathname)) {
    response.writeHead(301, { location: `/${fullName(moved)}${rest}${url.search}` }).end();
    return true;
  }
  if (isApiPath(url.pathname) && !request.headers.accept?.includes("text/html")) return false;
  const login = /^\/([^/]+)$/.exec(url.pathname)?.[1];
  const isProfile = login !== undefined && accountByLogin(world.store, login) !== undefined;
  if (!isProfile && !/^\/(apps\/[\w-]+|settings\/installations\/\d+)$/.test(url.pathname)) return false;
  response.writeHead(303, { location: "/" }).end();
  return true;
}
