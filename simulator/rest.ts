/**
 * One REST request from its bytes to its answer: read, fault, who, limits, route, ETag, judge. The order is GitHub's as
 * far as a client can see it.
 */
import { createHash, randomBytes } from "node:crypto";
import { checkVersion, selectedVersion } from "./api-version.ts";
import { type Actor, payer } from "./auth/actor.ts";
import { answerGraphql } from "./graphql/answer.ts";
import { type Asked, type Heard, hear } from "./hear.ts";
import type { Resource } from "./limits.ts";
import type { Call } from "./routes/call.ts";
import { ApiError, errorBody, type Reply } from "./routes/reply.ts";
import { type Found, makeRouter } from "./routes/router.ts";
import { routes } from "./routes/routes.ts";
import { violated, type World } from "./world.ts";

const route = makeRouter(routes);

const isGraphql = ({ method, path }: Asked): boolean => method === "POST" && path === "/graphql";

export type Answered = {
  reply: Required<Pick<Reply, "status" | "headers">> & { content: string | Buffer };
  actor: Actor;
};

/** `/repositories/ID...` is another name of `/repos/OWNER/NAME...`. */
function byName(world: World, path: string): string {
  const [, id, rest = ""] = /^\/repositories\/(\d+)(\/.*)?$/.exec(path) ?? [];
  const repo = id === undefined ? undefined : world.store.repositories.get(Number(id));
  return repo ? `/repos/${repo.owner.login}/${repo.name}${rest}` : path;
}

function rateLimit(world: World, actor: Actor): Reply {
  const budget = (resource: Resource) => {
    const headers = world.limits.peek(payer(actor), Date.now(), resource);
    const number = (name: string) => Number(headers[`x-ratelimit-${name}`]);
    return { limit: number("limit"), used: number("used"), remaining: number("remaining"), reset: number("reset") };
  };
  const core = budget("core");
  return { status: 200, body: { resources: { core, search: core, graphql: budget("graphql") }, rate: core } };
}

type Heeded = { asked: Asked; actor: Actor; body: unknown; found: Found | undefined };

async function routed(world: World, { asked, actor, body, found }: Heeded): Promise<Reply> {
  if (asked.path === "/rate_limit") return rateLimit(world, actor);
  if (isGraphql(asked)) return answerGraphql(world, actor, body);
  if (!found) throw new ApiError(404, "Not Found");
  const { method } = asked;
  world.secondaryLimits.count(payer(actor), { method, content: found.route.content === true }, Date.now());
  const fields = typeof body === "object" && body !== null && !Array.isArray(body) ? body : {};
  const call: Call = {
    world,
    actor,
    method,
    url: asked.url,
    params: found.params,
    body: fields as Record<string, unknown>,
    bodyList: Array.isArray(body) ? body : undefined,
    headers: asked.request.headers,
  };
  return found.route.handle(call);
}

const isText = (body: unknown): body is string | Buffer => typeof body === "string" || Buffer.isBuffer(body);

function serialised(reply: Reply): { content: string | Buffer; type: string | undefined } {
  if (reply.body === undefined) return { content: "", type: undefined };
  if (isText(reply.body)) return { content: reply.body, type: reply.headers?.["content-type"] };
  return { content: JSON.stringify(reply.body), type: "application/json; charset=utf-8" };
}

function failure(world: World, error: unknown): Reply {
  if (error instanceof ApiError) return { status: error.status, body: errorBody(error), headers: error.headers };
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  world.log(text);
  violated(world, `the simulator failed: ${text}`);
  return { status: 500, body: { message: "Server Error" } };
}

/** Judges the request, and the answer where there is one. */
function judge(world: World, asked: Asked, requestBody: unknown, reply?: Reply): void {
  if (!world.judge || isGraphql(asked)) return;
  const request = {
    method: asked.method,
    path: byName(world, asked.path),
    query: asked.url.searchParams,
    requestBody,
  };
  // Texts (a diff, a raw file) are another media type than the one described.
  if (!reply || isText(reply.body)) {
    violated(world, ...world.judge.request(request));
    return;
  }
  // Through JSON, as the client sees it: absent and undefined are the same there.
  const responseBody = reply.body === undefined ? undefined : JSON.parse(JSON.stringify(reply.body));
  violated(world, ...world.judge.exchange({ ...request, status: reply.status, responseBody }));
}

/** Hears and judges a request that a fault answers: a wrong one is as wrong as it was. Tells who it was. */
export async function overhear(world: World, asked: Asked): Promise<Actor> {
  const heard = await hear(world, asked);
  if (heard) judge(world, asked, heard.body);
  return heard?.actor ?? { kind: "anonymous" };
}

/** Answers one request. */
export const answer = async (world: World, asked: Asked): Promise<Answered> =>
  answerHeard(world, asked, await hear(world, asked));

/** Answers what has been heard before; the client may be gone by now. */
export async function answerHeard(world: World, asked: Asked, heard: Heard | undefined): Promise<Answered> {
  if (!heard) return { reply: { status: 400, headers: {}, content: "" }, actor: { kind: "anonymous" } };
  const { actor, body } = heard;
  let limits: Record<string, string> = {};
  let found: Found | undefined;
  let reply: Reply;
  try {
    if (heard.refusal) throw heard.refusal;
    checkVersion(asked.request.headers);
    if (actor.kind === "installation") actor.token.uses.rest += 1;
    const who = payer(actor);
    // GraphQL is paid for in points, by its own rules.
    const free = asked.path === "/rate_limit" || isGraphql(asked);
    limits = free ? world.limits.peek(who, Date.now()) : world.limits.request(who, Date.now());
    found = route(asked.method, byName(world, asked.path));
    reply = await routed(world, { asked, actor, body, found });
  } catch (error) {
    reply = failure(world, error);
  }
  judge(world, asked, body, reply);
  const finished = finish(asked, reply, limits);
  if (finished.status === 304) Object.assign(finished.headers, world.limits.refund(payer(actor), Date.now()));
  if (!isGraphql(asked)) world.usage.note(payer(actor), found?.route, finished.status);
  return { reply: finished, actor };
}

/** Common headers and the conditional answer. */
function finish(asked: Asked, reply: Reply, limits: Record<string, string>): Answered["reply"] {
  const { content, type } = serialised(reply);
  const headers: Record<string, string> = {
    ...(type ? { "content-type": type } : {}),
    "x-github-media-type": "github.v3; format=json",
    "x-github-api-version-selected": selectedVersion(asked.request.headers),
    "x-github-request-id": randomBytes(10).toString("hex").toUpperCase(),
    ...limits,
    ...reply.headers,
  };
  if (asked.method !== "GET" || reply.status !== 200) return { status: reply.status, headers, content };
  // As on GitHub the tag is of what was asked for, too: with another token it is another one.
  const { accept = "", authorization = "" } = asked.request.headers;
  const hash = createHash("sha256").update(`${accept}\n${authorization}\n`).update(content).digest("hex");
  const etag = `W/"${hash}"`;
  headers.vary = "Accept, Authorization, Cookie, X-GitHub-OTP";
  headers.etag = etag;
  headers["cache-control"] = "private, max-age=60, s-maxage=60";
  const known = asked.request.headers["if-none-match"]?.split(/,\s*/) ?? [];
  if (!known.includes(etag)) return { status: 200, headers, content };
  delete headers["content-type"];
  return { status: 304, headers, content: "" };
}
