/**
 * The listener for other programs: an address of its own, apart from GitHub's deliveries and worker hosts. Without a token there is
 * nothing but what describes it. Off unless API_PORT is set.
 */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { HttpResponse } from "../ingress/ingress.ts";
import { type ListenAt, listen } from "../listen.ts";
import type { Logger } from "../log.ts";
import { type HttpServer, serve } from "../server.ts";
import type { Calls } from "./call.ts";
import { endOf } from "./call.ts";
import { openApi } from "./openapi.ts";
import { invalid, Problem } from "./problem.ts";
import type { ApiCall, ApiRoute } from "./route.ts";

/** Something else at the same listener. It answers by itself, or undefined where the path is none of its own. Throws Problem. */
export type OtherDoor = (
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  signal: AbortSignal,
) => Promise<HttpResponse | "answered" | undefined>;

export type ListenerDeps = {
  routes: readonly ApiRoute[];
  calls: Calls;
  others: readonly OtherDoor[];
  /** Under which programs reach it. */
  url: () => string;
  log: Logger;
};

const MAX_URL = 2_000;
/** Longer than the longest wait that callers may ask for takes to notice that the bot stops, ms. */
const LIMITS = { stopWithinMs: 2_000, connections: 500 };
const KEY = /^[\x21-\x7e](?:[\x20-\x7e]{0,198}[\x21-\x7e])?$/;

/** Throws what `listen` throws. */
export async function startListener(deps: ListenerDeps, at: ListenAt, signal?: AbortSignal): Promise<HttpServer> {
  const stopping = new AbortController();
  const { server, stop } = serve(
    (request, response) => answerOne(deps, request, response, stopping.signal),
    deps.log,
    LIMITS,
  );
  await listen(server, at, { tell: (sentence) => deps.log.error(sentence), signal });
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("The server has no port");
  return {
    port: address.port,
    stop: async () => {
      stopping.abort();
      await stop();
    },
  };
}

async function answerOne(
  deps: ListenerDeps,
  request: IncomingMessage,
  response: ServerResponse,
  stopping: AbortSignal,
): Promise<HttpResponse | undefined> {
  try {
    const url = addressOf(request);
    if (url.pathname === "/openapi.json") return described(request, deps);
    for (const other of deps.others) {
      const answered = await other(request, response, url.pathname, endOf(response, stopping));
      if (answered) return answered === "answered" ? undefined : answered;
    }
    return await byRoute(deps, { request, url, signal: endOf(response, stopping) });
  } catch (error) {
    return told(error, deps.log);
  }
}

function addressOf({ url = "" }: IncomingMessage): URL {
  const read = url.length <= MAX_URL && url.startsWith("/") ? URL.parse(url, "http://orch") : null;
  if (!read) throw new Problem("not_found", "There is nothing at this address.");
  return read;
}

function described({ method }: IncomingMessage, { routes, url }: ListenerDeps): HttpResponse {
  if (method !== "GET") throw new Problem("wrong_method", "Use GET.");
  return { status: 200, body: openApi(routes, url()) };
}

type Asked = { request: IncomingMessage; url: URL; signal: AbortSignal };

async function byRoute({ routes, calls }: ListenerDeps, { request, url, signal }: Asked): Promise<HttpResponse> {
  // Whoever has no token is not told either what there is.
  const caller = await calls.callerOf(request);
  const there = routes.flatMap((route) => {
    const id = idIn(route, url.pathname);
    return id === undefined ? [] : [{ route, id }];
  });
  if (there.length === 0)
    throw new Problem("not_found", "There is nothing at this address: /openapi.json lists what there is.");
  const found = there.find(({ route }) => route.method === request.method);
  if (!found) throw new Problem("wrong_method", `Use ${there.map(({ route }) => route.method).join(" or ")}.`);
  const { route, id } = found;
  const release = route.lasts ? calls.lasting(caller) : undefined;
  try {
    const body = route.method === "POST" ? await calls.bodyOf(request) : undefined;
    const call: ApiCall = {
      ...{ caller, id, signal, key: keyIn(request) },
      body: readBy(route.body, body),
      query: readBy(route.query, Object.fromEntries(url.searchParams)),
    };
    return await route.answer(call);
  } finally {
    release?.();
  }
}

/** The part of the path that stands for `{id}`, empty where there is none; undefined where it is another path. */
function idIn({ path }: ApiRoute, asked: string): string | undefined {
  const [before = "", after] = path.split("{id}");
  if (after === undefined) return path === asked ? "" : undefined;
  if (!asked.startsWith(before) || !asked.endsWith(after)) return undefined;
  const id = asked.slice(before.length, asked.length - after.length);
  return /^[\w-]{1,64}$/.test(id) ? id : undefined;
}

function readBy(shape: ApiRoute["body"], given: unknown): unknown {
  if (!shape) return undefined;
  const read = shape.safeParse(given);
  if (read.success) return read.data;
  throw given === undefined ? new Problem("invalid", "The body is missing.") : invalid(read.error);
}

function keyIn({ headers }: IncomingMessage): string {
  const key = headers["idempotency-key"];
  if (key === undefined) return randomUUID();
  if (typeof key === "string" && KEY.test(key)) return key;
  throw new Problem("invalid", "Idempotency-Key: 1 to 200 visible ASCII characters.");
}

function told(error: unknown, log: Logger): HttpResponse {
  const problem =
    error instanceof Problem ? error : new Problem("internal", "Something went wrong here.", { cause: error });
  if (problem.code === "internal" || problem.code === "unavailable")
    log.warn({ err: problem.cause ?? problem }, "a program's call failed");
  const headers: Record<string, string> = {
    ...(problem.retryAfterS !== undefined && { "retry-after": String(problem.retryAfterS) }),
    ...(problem.code === "unauthorized" && { "www-authenticate": "Bearer" }),
  };
  return { status: problem.status, headers, body: { error: { code: problem.code, message: problem.message } } };
}
