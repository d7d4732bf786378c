/** Sends what a route has answered. Texts are packed for whoever takes that: a page of many tasks is a fraction then. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Answer } from "../visit.ts";
import type { Asset } from "./assets.ts";
import { problemPage } from "./door-pages.ts";
import { HEADERS } from "./headers.ts";

const pack = promisify(gzip);

const PAGE = "text/html; charset=utf-8";
/** Less than one packet of the network. */
const WORTH_PACKING = 1_400;
/** A request whose body nobody reads may go on for so long, so that its sender sees the answer, ms. */
const LINGER_MS = 500;

export type Exchange = { request: IncomingMessage; response: ServerResponse };
export type Sent = Exclude<Answer, { kind: "stream" }>;

type Headers = Readonly<Record<string, string | string[]>>;
type Whole = {
  status: number;
  type: string;
  body: string | Buffer;
  headers?: Headers;
};

export async function respond(exchange: Exchange, answer: Sent, cookies: readonly string[] = []): Promise<void> {
  const headers: Headers = cookies.length > 0 ? { "set-cookie": [...cookies] } : {};
  switch (answer.kind) {
    case "page":
      return await send(exchange, { status: answer.status ?? 200, type: PAGE, body: answer.body.text, headers });
    case "bytes":
      return await send(exchange, { ...answer, status: 200, headers: { ...answer.headers, ...headers } });
    case "see":
      return await send(exchange, {
        status: 303,
        type: PAGE,
        body: "",
        headers: { location: localPath(answer.to), ...headers },
      });
    case "nothing":
      return await respond(exchange, problemPage("nothing"), cookies);
  }
}

/** Of what changes its name with its content: kept for good by every browser. */
export async function respondAsset({ request, response }: Exchange, { type, body, zipped }: Asset): Promise<void> {
  const isPacked = takesPacked(request);
  const headers = {
    "cache-control": "public, max-age=31536000, immutable",
    ...(isPacked && PACKED),
    vary: "accept-encoding",
  };
  write({ request, response }, { status: 200, type, body: isPacked ? zipped : body, headers });
}

/** Elsewhere than to GitHub, where people sign in, nobody is ever sent. */
export async function respondElsewhere(
  exchange: Exchange,
  location: string,
  cookies: readonly string[],
): Promise<void> {
  write(exchange, { status: 302, type: PAGE, body: "", headers: { location, "set-cookie": [...cookies] } });
}

/** A path on this site: `//host` and `/\host` would be others to a browser. */
export const localPath = (to: string): string => (/^\/(?![/\\])[\x21-\x7e]*$/.test(to) ? to : "/");

const PACKED = { "content-encoding": "gzip" };

const takesPacked = ({ headers }: IncomingMessage): boolean =>
  /\bgzip\b/.test(String(headers["accept-encoding"] ?? ""));

async function send(exchange: Exchange, whole: Whole): Promise<void> {
  const { body, type, headers } = whole;
  const isText = /^(text\/|application\/json|image\/svg)/.test(type);
  if (!isText || Buffer.byteLength(body) < WORTH_PACKING || !takesPacked(exchange.request))
    return write(exchange, whole);
  const packed = await pack(body);
  write(exchange, { ...whole, body: packed, headers: { ...headers, ...PACKED, vary: "accept-encoding" } });
}

function write({ request, response }: Exchange, { status, type, body, headers }: Whole): void {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(status, {
    ...HEADERS,
    "content-type": type,
    "content-length": Buffer.byteLength(body),
    ...headers,
    // A body that was not read to its end would be taken for the next request.
    ...(!request.complete && { connection: "close" }),
  });
  response.end(body);
  if (request.complete) return;
  request.on("error", () => undefined).resume();
  const timer = setTimeout(() => request.destroy(), LINGER_MS);
  request.once("close", () => clearTimeout(timer));
}
