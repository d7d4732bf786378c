/**
 * The one HTTP server: git, pages for browsers, and REST at `/` and `/api/v3` (so that Probot reaches it through
 * GHE_HOST and GHE_PROTOCOL). Faults come before all of them; every request is remembered.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { apiPath, isApiPath, isForLoopback } from "./addresses.ts";
import { afflict, answerCall } from "./afflict.ts";
import { answerAside } from "./aside.ts";
import { type Actor, nameOf } from "./auth/actor.ts";
import { parseGitPath } from "./git-access.ts";
import { answerSignIn } from "./sign-in.ts";
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

export type PageHandler = (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<void>;

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
  const url = URL.parse(`${world.url}${request.url}`);
  // Anything but a path is for a proxy; what follows the port must not be taken for the port.
  if (!url || !request.url?.startsWith("/")) {
    request.resume();
    response.writeHead(400, { "content-type": "text/plain; charset=utf-8" }).end("The request names no path.\n");
    return anonymous;
  }
  const path = apiPath(url.pathname);
  const method = request.method ?? "GET";
  const gitCall = parseGitPath(url.pathname);
  if (method === "GET" && answerAside(world, request, response, url)) return anonymous;
  if (!gitCall && (await answerSignIn(world, request, response, url))) return anonymous;
  if (!gitCall && !isApiPath(url.pathname)) {
    await pages(request, response, url);
    return anonymous;
  }
  const call = { world, asked: { method, path, url, request }, gitCall, response };
  const fault = world.faults.takeApi(method, path);
  return fault ? afflict(call, fault, closing) : answerCall(call);
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
        const reached = response.headersSent && (response.writableFinished || !response.destroyed);
        record.status = reached ? response.statusCode : 0;
        world.log(`${record.method} ${record.path} ${record.status} ${record.actor}`);
      })
      .catch((error: unknown) => {
        // Whoever goes away in the middle of a request has asked for nothing.
        if (error !== request.errored)
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
