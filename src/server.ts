/**
 * The bot's HTTP servers: a table of exact paths, everything else is 404. Slow or endless requests are cut off, so
 * that nobody can hold connections open.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { HttpResponse } from "./ingress/ingress.ts";
import { type ListenAt, listen } from "./listen.ts";
import type { Logger } from "./log.ts";

export type Route = {
  method: "GET" | "POST";
  path: string;
  answer: (request: IncomingMessage) => Promise<HttpResponse>;
};

const HEADERS_WITHIN_MS = 5_000;
const REQUEST_WITHIN_MS = 20_000;
/** How long a connection whose request was too large may go on sending, so that it can read our answer, ms. */
const LINGER_MS = 500;
const LIMITS = {
  /** How long a stop waits for requests under way, ms: longer than a delivery takes, shorter than whoever stops us waits. */
  stopWithinMs: 5_000,
  /**
   * Of each unfinished body the room for bodies does not count the first 256 KiB: so strangers hold at most 130 MB more.
   * GitHub and worker hosts need a few dozen.
   */
  connections: 500,
};
/** At most this often is said that there are too many, ms: a flood must not fill the log as well. */
const TELL_EVERY_MS = 60_000;

export type HttpServer = { port: number; stop(): Promise<void> };

export type ServerOptions = {
  limits?: typeof LIMITS;
  /** Ends the waiting for a port that is in use. */
  signal?: AbortSignal | undefined;
};

/** Throws what `listen` throws when the address or the port cannot be had. */
export async function listenOn(
  at: ListenAt,
  routes: readonly Route[],
  log: Logger,
  { limits = LIMITS, signal }: ServerOptions = {},
): Promise<HttpServer> {
  const { server, stop } = makeServer(routes, log, limits);
  await listen(server, at, { tell: (sentence) => log.error(sentence), signal });
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("The server has no port");
  return { port: address.port, stop };
}

export type Served = { server: Server; stop(): Promise<void> };

/** Answers by the table, wherever it is made to listen. `stop`: nothing new, then the end of what is under way. */
export const makeServer = (routes: readonly Route[], log: Logger, limits = LIMITS): Served =>
  serve((request) => answerBy(routes, request), log, limits);

/** `answer`: undefined where it has written, or goes on writing, the response by itself. */
export function serve(
  answer: (request: IncomingMessage, response: ServerResponse) => Promise<HttpResponse | undefined>,
  log: Logger,
  limits = LIMITS,
): Served {
  const server = createServer(
    {
      headersTimeout: HEADERS_WITHIN_MS,
      requestTimeout: REQUEST_WITHIN_MS,
      // Each look wakes an idle program: whoever is slow has up to twice the time.
      connectionsCheckingInterval: HEADERS_WITHIN_MS,
      keepAliveTimeout: 30_000,
    },
    (request, response) => {
      answer(request, response)
        .catch((error: unknown): HttpResponse => {
          log.error({ err: error, path: request.url }, "request failed");
          return { status: 500, body: { error: { code: 500, message: "Internal error" } } };
        })
        .then((answered) => {
          if (!answered) return;
          // While stopping, a connection that is kept alive would hold us up.
          if (!server.listening) response.setHeader("connection", "close");
          send(request, response, answered);
        });
    },
  );
  limitConnections(server, limits.connections, log);
  return { server, stop: () => stop(server, limits.stopWithinMs) };
}

function limitConnections(server: Server, connections: number, log: Logger): void {
  let toldAt = Number.NEGATIVE_INFINITY;
  server.maxConnections = connections;
  server.on("drop", () => {
    if (performance.now() - toldAt < TELL_EVERY_MS) return;
    toldAt = performance.now();
    log.warn({ connections }, "too many connections at once: further ones are closed");
  });
}

async function answerBy(routes: readonly Route[], request: IncomingMessage): Promise<HttpResponse> {
  const path = (request.url ?? "").split("?", 1)[0];
  const route = routes.find((candidate) => candidate.path === path);
  if (!route) return { status: 404, body: { error: { code: 404, message: "Not found" } } };
  if (route.method !== request.method) {
    return {
      status: 405,
      headers: { allow: route.method },
      body: { error: { code: 405, message: `Use ${route.method}` } },
    };
  }
  return await route.answer(request);
}

function send(request: IncomingMessage, response: ServerResponse, answer: HttpResponse): void {
  if (response.destroyed || response.headersSent) return;
  const text = answer.type === undefined ? JSON.stringify(answer.body) : String(answer.body);
  const headers: Record<string, string | number> = {
    ...answer.headers,
    "content-type": answer.type ?? "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  };
  // A body that was not read to its end would be taken for the next request.
  if (!request.complete) headers.connection = "close";
  response.writeHead(answer.status, headers).end(text);
  if (request.complete) return;
  request.on("error", () => undefined).resume();
  const timer = setTimeout(() => request.destroy(), LINGER_MS);
  request.once("close", () => clearTimeout(timer));
}

/** Once it closes, Node no longer ends connections that are too slow, and one that sent nothing is not idle to it. */
async function stop(server: Server, withinMs: number): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), withinMs);
  await closed;
  clearTimeout(timer);
}
