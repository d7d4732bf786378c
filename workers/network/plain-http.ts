/** Plain HTTP by whole URLs: each request is made anew to the judged address, and its answer handed back. */
import { once } from "node:events";
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { request as httpRequest } from "../node-http.ts";
import { endingWith } from "./complain.ts";
import { type ErrorResponse, findWay, unreachable } from "./find-way.ts";
import { dial, type Outside, relay } from "./outside.ts";
import { urlTarget, written } from "./target.ts";

/** Of one request or answer: what waits here takes memory that all sandboxes share. */
export const MAX_HEADER_BYTES = 16 * 1024;
export const MAX_HEADERS = 128;
/** Of requests that a client sends on one connection before the first is answered ("pipelining"). */
const MAX_IN_LINE = 10;

/** Headers that are between two neighbours only (RFC 9110, 7.6.1), besides those that `connection` names. */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

export async function passOn(options: Outside, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!(await itsTurn(request, response)) || request.destroyed) return;
  let path = "";
  const way = await findWay(options, () => {
    const wanted = urlTarget(request.url ?? "");
    path = wanted.path;
    return wanted.target;
  });
  if (request.destroyed) return;
  if (way.kind === "no") return tell(response, way.answer);
  const { target } = way;
  options.spend(headBytes(request));
  const server = httpRequest({
    // Without any agent: with one, even `agent: false`, Node makes the connection itself, to where it thinks fit.
    createConnection: () => dial(options, way),
    method: request.method ?? "GET",
    path,
    maxHeaderSize: MAX_HEADER_BYTES,
    headers: {
      ...endToEnd(request),
      ...(request.headers["transfer-encoding"] ? { "transfer-encoding": "chunked" } : {}),
      host: written(target).replace(/:80$/, ""),
    },
  });
  server.maxHeadersCount = MAX_HEADERS;
  response.once("close", () => server.destroy());
  server.on("error", (error) =>
    response.headersSent ? response.destroy() : tell(response, unreachable(target, error)),
  );
  // A server that wants another protocol, which nobody asked it for, is left without a word by Node.
  server.once("close", () => {
    if (!response.headersSent) response.destroy();
  });
  server.once("response", (answer) => {
    answer.on("error", () => response.destroy());
    options.spend(headBytes(answer));
    try {
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, endToEnd(answer));
    } catch (error) {
      return endingWith(response)(error); // a server may say what no server may
    }
    relay(options, answer, response);
  });
  relay(options, request, server);
}

const lines = new WeakMap<Duplex, ServerResponse[]>();

/**
 * One request of a connection after the other: Node hands over at once all that a client has sent without waiting. False
 * where that is too much of it, and for the connection's end.
 */
async function itsTurn({ socket }: IncomingMessage, response: ServerResponse): Promise<boolean> {
  const line = lines.get(socket) ?? [];
  lines.set(socket, line);
  const before = line.at(-1);
  line.push(response);
  response.once("close", () => line.shift());
  if (line.length > MAX_IN_LINE) socket.destroy();
  else if (before) {
    socket.pause();
    await once(before, "close");
    if (line.length === 1) socket.resume();
  }
  return !socket.destroyed;
}

/** About what it took to send. */
const headBytes = ({ url, rawHeaders }: IncomingMessage) =>
  rawHeaders.reduce((sum, text) => sum + text.length + 2, url?.length ?? 0);

function tell(response: ServerResponse, { status, reason, text }: ErrorResponse): void {
  response.writeHead(status, reason, { "content-type": "text/plain; charset=utf-8", connection: "close" });
  response.end(`${text}\n`);
}

/**
 * The headers that are meant for the other end, each with all of its values. Where a body ends is never left out, whatever
 * `connection` names: without it, a body would be read as the next request.
 */
function endToEnd({ headersDistinct }: IncomingMessage): OutgoingHttpHeaders {
  const named = new Set((headersDistinct.connection ?? []).flatMap((value) => value.toLowerCase().split(",")));
  const between = new Set([...named].map((name) => name.trim()).filter((name) => name !== "content-length"));
  return Object.fromEntries(
    Object.entries(headersDistinct).filter(([name]) => !HOP_BY_HOP.has(name) && !between.has(name)),
  );
}
