/**
 * The one HTTP server: git, pages for browsers, and REST at `/` and `/api/v3` (so that Probot reaches it through
 * GHE_HOST and GHE_PROTOCOL). Faults come before all of them; every request is remembered.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { isForLoopback } from "./addresses.ts";
import { answerAside } from "./aside.ts";
import { type Actor, nameOf } from "./auth/actor.ts";
import type { ApiFaultAction } from "./faults.ts";
import { answerGit, parseGitPath } from "./git-access.ts";
import { answer } from "./rest.ts";
import { violated, type World } from "./world.ts";

/** One request that was served, newest last. */
export type RequestRecord = {
  method: string;
  /** Without /api/v3 and query. */
  path: string;
  /** 0 = never answered (a fault, or the client went away). */
  status: number;
  /** A login, "app" or "anonymous". */
  actor: string;
  /** ISO 8601. */
  at: string;
};

/** True when it took the request over. */
export type PageHandler = (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<boolean>;

/** The path as GitHub's own API spells it. */
const apiPath = (path: string): string =>
  path.replace(/^\/api\/v3(?=\/|$)/, "").replace(/^\/api\/graphql$/, "/graphql") || "/";

const wantsPage = (request: IncomingMessage, url: URL): boolean =>
  !url.pathname.startsWith("/api/") &&
  ((request.headers.accept ?? "").includes("text/html") ||
    (request.headers["content-type"] ?? "").startsWith("application/x-www-form-urlencoded"));

/** Carries out what replaces the answer. Undefined = the answer follows (perhaps late). */
async function afflict(
  response: ServerResponse,
  fault: ApiFaultAction,
  closing: AbortSignal,
): Promise<true | undefined> {
  if (fault === "hang") return true;
  if (fault === "reset") {
    response.socket?.resetAndDestroy();
    return true;
  }
  if ("slowMs" in fault) {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, fault.slowMs);
      closing.addEventListener("abort", () => {
        clearTimeout(timer);
        resolve();
      });
    });
    return undefined;
  }
  const body = fault.body ?? { message: `Injected fault ${fault.status}` };
  const type = typeof body === "string" ? "text/plain; charset=utf-8" : "application/json; charset=utf-8";
  response.writeHead(fault.status, { "content-type": type, ...fault.headers });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
  return true;
}

async function serve(
  world: World,
  pages: PageHandler,
  closing: AbortSignal,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Actor> {
  const anonymous: Actor = { kind: "anonymous" };
  if (!isForLoopback(request)) {
    request.resume();
    response.writeHead(421, { "content-type": "text/plain; charset=utf-8" });
    response.end("This simulator answers to 127.0.0.1, localhost and [::1] only.\n");
    return anonymous;
  }
  const url = new URL(request.url ?? "/", world.url);
  const path = apiPath(url.pathname);
  const method = request.method ?? "GET";
  const gitCall = parseGitPath(url.pathname);
  if (!gitCall && wantsPage(request, url) && (await pages(request, response, url))) return anonymous;
  if (method === "GET" && answerAside(world, request, response, url)) return anonymous;
  const fault = world.faults.takeApi(method, path);
  if (fault && (await afflict(response, fault, closing))) {
    request.resume();
    return anonymous;
  }
  if (gitCall) return answerGit(world, request, response, gitCall, url);
  const { reply, actor } = await answer(world, { method, path, url, request });
  response.writeHead(reply.status, reply.headers).end(reply.text);
  return actor;
}

export type Listening = { server: Server; requests: RequestRecord[]; close(): Promise<void> };

const kept = 10_000;

/** Listens on 127.0.0.1; the world's url is not known before. */
export async function listen(port: number, serving: () => { world: World; pages: PageHandler }): Promise<Listening> {
  const requests: RequestRecord[] = [];
  const closing = new AbortController();
  const server = createServer((request, response) => {
    const { world, pages } = serving();
    const at = new Date().toISOString();
    const path = apiPath((request.url ?? "/").split("?")[0] ?? "/");
    const record: RequestRecord = { method: request.method ?? "GET", path, status: 0, actor: "anonymous", at };
    requests.push(record);
    world.bus.emit("arrival", record);
    if (requests.length > kept) requests.shift();
    response.on("finish", () => {
      record.status = response.statusCode;
    });
    serve(world, pages, closing.signal, request, response)
      .then((actor) => {
        record.actor = nameOf(actor);
        record.status = response.headersSent ? response.statusCode : 0;
        world.log(`${record.method} ${record.path} ${record.status} ${record.actor}`);
      })
      .catch((error: unknown) => {
        violated(world, `the simulator failed: ${error instanceof Error ? error.stack : error}`);
        if (response.headersSent) response.destroy();
        else response.writeHead(500).end();
      })
      .finally(() => {
        world.bus.emit("request", record);
        world.bus.emit("change");
      });
  });
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const close = (): Promise<void> => {
    closing.abort();
    server.closeAllConnections();
    return new Promise((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())));
  };
  return { server, requests, close };
}
