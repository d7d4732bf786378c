/**
 * The ways in: by a one-time link, which makes whoever has it the operator, and by GitHub, which says who somebody is. No GET uses anything up but
 * GitHub's own code, so what only fetches an address locks nobody out.
 */
import type { IncomingMessage } from "node:http";
import { hostname } from "node:os";
import type { Redis } from "ioredis";
import type { Address } from "./address.ts";
import { cookieOf, endCookie, ON_THE_WAY, sessionCookie, setCookie } from "./cookies.ts";
import { type ProblemName, problemPage, signedInPage, signInPage } from "./door-pages.ts";
import type { ReadForm } from "./form.ts";
import { type GitHubLogin, WAY_MS } from "./github-login.ts";
import { useLink } from "./links.ts";
import { type Exchange, localPath, respond, respondElsewhere } from "./respond.ts";
import type { Sessions, Who } from "./sessions.ts";

export type SignInDeps = {
  redis: Redis;
  sessions: Sessions;
  address: Address;
  /** Where people sign in with GitHub. */
  byGitHub: GitHubLogin | undefined;
  readForm: (request: IncomingMessage, formToken: undefined) => Promise<ReadForm>;
};

export function makeSignIn({ redis, sessions, address, byGitHub, readForm }: SignInDeps) {
  /** False where the path is none of these. */
  async function answer(exchange: Exchange, url: URL): Promise<boolean> {
    const { method } = exchange.request;
    const way = `${method} ${url.pathname}`;
    if (way === "GET /login") await show(exchange, url);
    else if (way === "POST /login") await byLink(exchange);
    else if (way === "GET /login/github" && byGitHub) await toGitHub(exchange, url, byGitHub);
    else if (way === "GET /callback" && byGitHub) await fromGitHub(exchange, url, byGitHub);
    else return false;
    return true;
  }

  async function show(exchange: Exchange, url: URL): Promise<void> {
    const { request } = exchange;
    const to = localPath(url.searchParams.get("to") ?? "/");
    const isIn = await sessions.find(cookieOf(request, sessionCookie(address, request.headers.host)));
    if (isIn) return await respond(exchange, { kind: "see", to });
    await respond(exchange, signInPage({ to, ...shown(exchange) }));
  }

  /** The machine's name is for whoever asks on it, or through a tunnel to it: strangers are told the address that they know. */
  function shown({ request: { headers } }: Exchange): { byGitHub: boolean; place: string } {
    const place = address.isPublic(headers.host) ? new URL(address.url).host : `on ${hostname()}`;
    return { byGitHub: byGitHub !== undefined, place };
  }

  async function byLink(exchange: Exchange): Promise<void> {
    const read = await readForm(exchange.request, undefined);
    if ("problem" in read) return await refuse(exchange, read.problem);
    const to = localPath(read.form.get("to") ?? "/");
    const name = await useLink(redis, (read.form.get("code") ?? "").trim());
    if (name === undefined) return await respond(exchange, signInPage({ to, ...shown(exchange), failed: "link" }));
    await respond(exchange, { kind: "see", to }, [await begin(exchange.request, { by: "link", name })]);
  }

  async function toGitHub(exchange: Exchange, url: URL, login: GitHubLogin): Promise<void> {
    const { cookie, location } = login.begin(localPath(url.searchParams.get("to") ?? "/"));
    const lastsS = WAY_MS / 1_000;
    await respondElsewhere(exchange, location, [setCookie(ON_THE_WAY, cookie, { lastsS, sameSite: "Lax" })]);
  }

  async function fromGitHub(exchange: Exchange, { searchParams }: URL, login: GitHubLogin): Promise<void> {
    const cookie = cookieOf(exchange.request, ON_THE_WAY);
    const found = await login.finish({ cookie, code: searchParams.get("code"), state: searchParams.get("state") });
    const end = endCookie(ON_THE_WAY);
    if (!found) return await respond(exchange, signInPage({ to: "/", ...shown(exchange), failed: "github" }), [end]);
    const begun = await begin(exchange.request, { by: "github", ...found.user });
    await respond(exchange, signedInPage(localPath(found.to)), [begun, end]);
  }

  const begin = async (request: IncomingMessage, who: Who): Promise<string> =>
    setCookie(sessionCookie(address, request.headers.host), await sessions.begin(who));

  const refuse = (exchange: Exchange, problem: ProblemName) => respond(exchange, problemPage(problem));

  return { answer };
}
