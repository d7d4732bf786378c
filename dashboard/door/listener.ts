/**
 * The dashboard's listener: an address of its own, so that it is not public the day that GitHub's deliveries are. Each request is judged in one order:
 * by which name it came, whether its path is written as one of ours, who is signed in, which route it is and whether that is for them, and, where
 * it would change something, whether a page of ours sent it. Who is not in learns nothing of what there is.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Redis } from "ioredis";
import type { GitHub } from "../../src/github.ts";
import { type KeptListening, listenWhenFree } from "../../src/listen-when-free.ts";
import type { Logger } from "../../src/log.ts";
import { serve } from "../../src/server.ts";
import type { DashboardConfig } from "../../src/settings/dashboard.ts";
import { takesNoWrites } from "../../src/task/redis-refusal.ts";
import type { Answer, DashboardRoute, Viewer, Visit } from "../visit.ts";
import { type Address, makeAddress } from "./address.ts";
import { assetAt } from "./assets.ts";
import { cookieOf, endCookie, sessionCookie } from "./cookies.ts";
import { goOnPage, type ProblemName, problemPage } from "./door-pages.ts";
import { addressOf, type Found, findRoutes } from "./find-route.ts";
import { makeFormReader } from "./form.ts";
import { makeGitHubLogin } from "./github-login.ts";
import { makeProof } from "./proof.ts";
import { type Exchange, respond, respondAsset } from "./respond.ts";
import { makeJudge, RECHECK_MS, type Watched } from "./rights.ts";
import { makeSessions, type Session } from "./sessions.ts";
import { makeSignIn } from "./sign-in.ts";
import { makeStreams, type Owner } from "./streams.ts";

export type DoorDeps = {
  redis: Redis;
  github: GitHub;
  routes: readonly DashboardRoute[];
  now: () => number;
  log: Logger;
};

/** Streams are bounded by themselves (`streams.ts`), and leave room for requests that end. */
const LIMITS = { stopWithinMs: 2_000, connections: 800 };

export type DoorTimes = { recheckMs: number; tickMs?: number };

/** Returns at once where the port is taken; it is tried for then until `stop`. */
export async function openDoor(
  deps: DoorDeps,
  { host, port, signIn, operators }: DashboardConfig,
  times: DoorTimes = { recheckMs: RECHECK_MS },
): Promise<KeptListening & { address: Address }> {
  const { redis, github, now, log } = deps;
  const address = makeAddress({ host, port, url: signIn?.url });
  const sessions = makeSessions(redis, now);
  const judge = makeJudge({ github, now, log });
  const readForm = makeFormReader(address);
  const byGitHub = signIn && makeGitHubLogin({ server: github.server, signIn, now, log });
  const waysIn = makeSignIn({ redis, sessions, address, byGitHub, readForm });
  const proof = makeProof(redis);
  const streams = makeStreams(times);
  const stopping = new AbortController();

  async function answerOne(exchange: Exchange): Promise<void> {
    const { request } = exchange;
    if (!address.isHost(request.headers.host)) return await refuse(exchange, "host");
    const url = addressOf(request.url);
    if (!url || isForeignLoad(request)) return await refuse(exchange, "nothing");
    if (request.method !== "GET" && request.method !== "POST") return await refuse(exchange, "method");
    const asset = request.method === "GET" ? assetAt(url.pathname) : undefined;
    if (asset) return respondAsset(exchange, asset);
    if (await proof.answer(exchange, url)) return;
    if (await waysIn.answer(exchange, url)) return;
    const session = await sessions.find(cookieOf(request, sessionCookie(address, request.headers.host)));
    if (!session) return await askToSignIn(exchange, url);
    if (request.method === "POST" && url.pathname === "/logout") return await signOut(exchange, session);
    await byRoute(exchange, url, session);
  }

  async function askToSignIn(exchange: Exchange, url: URL): Promise<void> {
    const { method, headers } = exchange.request;
    const isPage = method === "GET" && (headers["sec-fetch-mode"] ?? "navigate") === "navigate";
    if (!isPage) return await refuse(exchange, "notSignedIn");
    const to = `${url.pathname}${url.search}`;
    // The cookie of somebody who follows a link from elsewhere comes with the next request only.
    if (headers["sec-fetch-site"] === "cross-site") return await respond(exchange, goOnPage(to));
    const query = to === "/" ? "" : `?${new URLSearchParams({ to })}`;
    await respond(exchange, { kind: "see", to: `/login${query}` });
  }

  async function signOut(exchange: Exchange, session: Session): Promise<void> {
    const read = await readForm(exchange.request, session.formToken);
    if ("problem" in read) return await refuse(exchange, read.problem);
    await sessions.end(session.hash, session.who);
    streams.endOf(session.hash);
    const name = sessionCookie(address, exchange.request.headers.host);
    await respond(exchange, { kind: "see", to: "/login" }, [endCookie(name)]);
  }

  async function byRoute(exchange: Exchange, url: URL, session: Session): Promise<void> {
    const { request } = exchange;
    const viewer = viewerOf(session, operators);
    const there = findRoutes(deps.routes, url.pathname).filter(
      ({ route }) => !route.operatorsOnly || viewer.kind === "operator",
    );
    if (there.length === 0) return await refuse(exchange, "nothing");
    const found = there.find(({ route }) => route.method === request.method);
    if (!found) return await refuse(exchange, "method");
    const form =
      request.method === "POST" ? await readForm(request, session.formToken) : { form: new URLSearchParams() };
    if ("problem" in form) return await refuse(exchange, form.problem);
    await answerBy(exchange, { found, url, session, viewer, form: form.form });
  }

  type Asked = { found: Found; url: URL; session: Session; viewer: Viewer; form: URLSearchParams };

  async function answerBy(exchange: Exchange, { found, url, session, viewer, form }: Asked): Promise<void> {
    const { request, response } = exchange;
    const watched = judge.rightsOf(viewer);
    const ended = new AbortController();
    response.once("close", () => ended.abort());
    const lastEventId = request.headers["last-event-id"];
    const visit: Visit = {
      viewer,
      rights: watched.rights,
      params: found.params,
      query: url.searchParams,
      form,
      formToken: session.formToken,
      ...(typeof lastEventId === "string" && { lastEventId: lastEventId.slice(0, 200) }),
      now: now(),
      signal: AbortSignal.any([ended.signal, stopping.signal]),
    };
    const answer = await found.route.answer(visit);
    if (answer.kind !== "stream") return await respond(exchange, answer);
    await stream(exchange, answer, { owner: ownerOf(session, viewer), watched, ended, gone: visit.signal });
  }

  type Streaming = { owner: Owner; watched: Watched; ended: AbortController; gone: AbortSignal };

  /** Ends when its viewer is not signed in any more, or may see less than when it began. */
  async function stream(
    exchange: Exchange,
    { run }: Extract<Answer, { kind: "stream" }>,
    { owner, watched, ended, gone }: Streaming,
  ): Promise<void> {
    if (!streams.hasRoom(owner)) return await refuse(exchange, "tooMany");
    const token = cookieOf(exchange.request, sessionCookie(address, exchange.request.headers.host));
    const look = async () => {
      const isIn = await sessions.find(token, false);
      if (!isIn || (await watched.isWithdrawn())) ended.abort();
    };
    const looking = setInterval(() => {
      look().catch((error: unknown) => log.debug({ err: error }, "whether a viewer may still look is asked again"));
    }, times.recheckMs).unref();
    await streams.serve(exchange.response, { owner, gone, run }).finally(() => clearInterval(looking));
  }

  const refuse = (exchange: Exchange, problem: ProblemName) => respond(exchange, problemPage(problem));

  const answered = (request: IncomingMessage, response: ServerResponse) =>
    answerOne({ request, response })
      .catch((error: unknown) => {
        if (request.destroyed && !request.complete) return undefined; // its sender is gone
        log.error({ err: error, path: pathFor(request) }, "a page of the dashboard failed");
        if (response.headersSent) return void response.destroy();
        return refuse({ request, response }, problemOf(error));
      })
      .then(() => undefined);

  function problemOf(error: unknown): ProblemName {
    if (redis.status !== "ready") return "unavailable";
    return takesNoWrites(error) ? "noWrites" : "broken";
  }

  const { server, stop } = serve(answered, log, LIMITS);
  const listening = await listenWhenFree(
    server,
    { host, port, names: { host: "DASHBOARD_HOST", port: "DASHBOARD_PORT" } },
    log,
  );
  return {
    ...listening,
    address,
    stop: async () => {
      stopping.abort();
      await listening.stop();
      if (server.listening) await stop();
    },
  };
}

/** For the log: what stands behind it may be a code. */
const pathFor = ({ url = "" }: IncomingMessage): string => url.split("?", 1)[0]?.slice(0, 200) ?? "";

/** Whoever came by GitHub is the operator where the settings say so, as long as they do. */
function viewerOf({ who }: Session, operators: readonly number[]): Viewer {
  if (who.by === "link") return { kind: "operator", name: who.name };
  const { id, login } = who;
  return operators.includes(id) ? { kind: "operator", name: login, id } : { kind: "person", id, login };
}

/** Who came by a link has no account by which their sessions could be told to be one person's. */
const ownerOf = ({ hash }: Session, viewer: Viewer): Owner => ({
  session: hash,
  viewer: viewer.id === undefined ? hash : String(viewer.id),
  isOperator: viewer.kind === "operator",
});

/** A page of another site, or of another port of this machine, that loads something of ours: nothing there is meant for it. */
function isForeignLoad({ headers, method }: IncomingMessage): boolean {
  const site = headers["sec-fetch-site"];
  if (method !== "GET" || (site !== "cross-site" && site !== "same-site")) return false;
  return headers["sec-fetch-mode"] !== "navigate" || headers["sec-fetch-dest"] !== "document";
}
