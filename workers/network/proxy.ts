/**
 * The HTTP proxy that is a sandbox's only way out: CONNECT for everything encrypted, whole URLs for plain HTTP. Each target
 * is judged, and the address that was judged is the one that is dialled. What is inside a CONNECT is not looked at.
 *
 * Written by hand because this is what Orch's walls stand on, and no proxy library dials only what was judged, listens
 * on a unix socket and counts: those that were looked at resolve the name once more when they connect.
 */
import { once } from "node:events";
import type { IncomingMessage, OutgoingHttpHeaders, Server, ServerResponse } from "node:http";
import { connect, isIP, type LookupFunction, type Socket } from "node:net";
import type { Duplex, Readable, Writable } from "node:stream";
import { createServer, request as httpRequest } from "../node-http.ts";
import { complain } from "./complain.ts";
import { judge, type Machine, type Refusal } from "./judge.ts";
import type { Policy } from "./policy.ts";
import { BadTarget, connectTarget, type Target, urlTarget, written } from "./target.ts";

/** What was blocked: where it wanted to go, as far as that was understood, and why not. Both texts may be an agent's. */
export type Blocked = { host: string; port: number; why: string };

export type ProxyOptions = {
  /** Asked anew for every connection: it may change while the sandbox lives. */
  policy: () => Policy;
  machine: Machine;
  /** Bytes that the sandbox may still send and receive; called with each piece that has passed. */
  spend: (bytes: number) => void;
  isSpent: () => boolean;
  onBlocked: (blocked: Blocked) => void;
  /** A server that does not answer within this, ms, is not there. By default half a minute. */
  connectMs?: number;
};

export type Proxy = {
  server: Server;
  /** Open connections of the sandbox. */
  connections(): number;
  /** Ends all of them. */
  cut(): void;
};

/** A name server that does not answer, and a server that does not, must not hold a connection for ever; ms. */
const CONNECT_MS = 30_000;
const HEADERS_MS = 60_000;
/** Of one request or answer: what waits here takes memory that all sandboxes share. */
const MAX_HEADER_BYTES = 16 * 1024;
const MAX_HEADERS = 128;
/** What a client sent before it went may still arrive, but it does not wait for ever for a server that does not read; ms. */
const DRAIN_MS = 30_000;
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

export function makeProxy(options: ProxyOptions): Proxy {
  const open = new Set<Socket>();
  const outside: Outside = { ...options, dialled: new Set() };
  const server = createServer(
    { headersTimeout: HEADERS_MS, requestTimeout: 0, maxHeaderSize: MAX_HEADER_BYTES, keepAliveTimeout: 0 },
    (request, response) => {
      passOn(outside, request, response).catch(endingWith(response));
    },
  );
  server.maxConnections = options.policy().limits.connections;
  server.maxHeadersCount = MAX_HEADERS;
  server.on("connection", (socket: Socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  server.on("drop", () => options.onBlocked({ host: "", port: 0, why: tooMany(options) }));
  server.on("connect", (request, client, head) => {
    tunnel(outside, request, client, head).catch(endingWith(client));
  });
  server.on("clientError", (_error, socket) => void socket.destroy());
  return {
    server,
    connections: () => open.size,
    cut: () => {
      for (const socket of [...open, ...outside.dialled]) socket.destroy();
    },
  };
}

/**
 * `dialled`: the sandbox's connections to the outside. They are counted by themselves: one may outlive the client that it was
 * made for, or be made before another of the same client has ended.
 */
type Outside = ProxyOptions & { dialled: Set<Socket> };

const tooMany = ({ policy }: ProxyOptions) => `the sandbox has ${policy().limits.connections} connections open already`;

/** One connection that cannot be served ends; those of all other sandboxes go on. */
const endingWith = (stream: Duplex | ServerResponse) => (error: unknown) => {
  complain(error);
  stream.destroy();
};

type Answer = { status: number; reason: string; text: string };
type Open = { kind: "way"; target: Target; addresses: readonly string[] };
type Way = Open | { kind: "no"; answer: Answer };

/** Where the request may go, or what its sender is told instead. */
async function findWay(options: Outside, read: () => Target): Promise<Way> {
  const way = await judgeWay(options, read);
  const { policy, dialled } = options;
  if (way.kind === "no" || dialled.size < policy().limits.connections) return way;
  return blocked(options, way.target, { why: tooMany(options), lift: byOperator("limits.connections") });
}

async function judgeWay(options: ProxyOptions, read: () => Target): Promise<Way> {
  let target: Target;
  try {
    target = read();
  } catch (error) {
    if (!(error instanceof BadTarget)) throw error;
    return no(400, "Bad Request", `Orch's network proxy: ${error.message}.`);
  }
  const policy = options.policy();
  if (options.isSpent()) {
    const gigabytes = Math.round(policy.limits.bytes / 1e8) / 10;
    const why = `this sandbox has used up the ${gigabytes} GB that it may transfer`;
    return blocked(options, target, { why, lift: byOperator("limits.trafficGigabytes") });
  }
  const verdict = await judge(policy, target, options.machine);
  switch (verdict.kind) {
    case "pass":
      return { kind: "way", target, addresses: verdict.addresses };
    case "blocked":
      return blocked(options, target, verdict);
    case "unknown":
      return no(502, "Bad Gateway", `Orch's network proxy: ${written(target)} has no address: ${verdict.message}.`);
  }
}

const byOperator = (key: string) =>
  `Only the operator of this worker host can raise that, by \`${key}\` in Orch's settings.`;

const no = (status: number, reason: string, text: string): Way => ({ kind: "no", answer: { status, reason, text } });

function blocked(options: ProxyOptions, target: Target, { why, lift }: Refusal): Way {
  options.onBlocked({ host: target.host, port: target.port, why });
  return no(
    403,
    "Blocked by Orch",
    `Orch blocked the connection to ${written(target)}: ${why}. ` +
      `Nothing inside this sandbox can change that, so do not try other ways to get there. ${lift} ` +
      "Go on without it, or say in your last words that you needed it.",
  );
}

/** `CONNECT`: bytes in both directions from here on. */
async function tunnel(options: Outside, request: IncomingMessage, client: Duplex, head: Buffer): Promise<void> {
  client.on("error", () => client.destroy());
  const way = await findWay(options, () => connectTarget(request.url ?? ""));
  if (client.destroyed) return;
  if (way.kind === "no") return refuse(client, way.answer);
  const { target } = way;
  const server = dial(options, way);
  const failed = (error: Error) => refuse(client, unreachable(target, error));
  server.once("error", failed);
  // What was sent already still arrives: a side that has gone says nothing about what the other is yet to read.
  client.once("close", () => {
    server.setTimeout(DRAIN_MS, () => server.destroy());
    server.destroySoon();
  });
  server.once("connect", () => {
    server.off("error", failed);
    server.on("error", () => client.destroy());
    server.once("close", () => (client as Socket).destroySoon());
    client.write("HTTP/1.1 200 Connection established\r\n\r\n");
    if (head.length > 0) client.unshift(head);
    relay(options, client, server);
    relay(options, server, client);
  });
}

/** With the reader's own pace: a slow one stops the sender, and nothing piles up here. */
function relay({ spend, isSpent }: ProxyOptions, from: Readable, to: Writable): void {
  from.on("data", (chunk: Buffer) => {
    spend(chunk.length);
    if (isSpent()) from.destroy();
  });
  from.pipe(to);
}

/** A whole answer on a connection that goes no further. */
function refuse(client: Duplex, { status, reason, text }: Answer): void {
  const body = `${text}\n`;
  const head = [
    `HTTP/1.1 ${status} ${reason}`,
    "content-type: text/plain; charset=utf-8",
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  client.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}

const unreachable = (target: Target, error: Error): Answer => ({
  status: 502,
  reason: "Bad Gateway",
  text: `Orch's network proxy cannot reach ${written(target)}: ${error.message}.`,
});

/** Connects to the judged addresses and to no others; with several, whichever answers first ("happy eyeballs", RFC 8305). */
function dial({ dialled, connectMs = CONNECT_MS }: Outside, { target: { host, port }, addresses }: Open): Socket {
  const socket = connect({
    host,
    port,
    lookup: answerWith(addresses),
    autoSelectFamily: true,
    allowHalfOpen: true,
    noDelay: true,
    ...(addresses.length === 1 ? { host: addresses[0] } : {}),
  });
  socket.setTimeout(connectMs, () => socket.destroy(new Error(`no answer within ${connectMs / 1_000} s`)));
  socket.once("connect", () => socket.setTimeout(0));
  dialled.add(socket);
  socket.once("close", () => dialled.delete(socket));
  return socket;
}

/** Takes the place of the resolver: Node asks for the name's addresses and gets those that were judged. */
const answerWith = (addresses: readonly string[]): LookupFunction =>
  ((_name: string, { all }: { all?: boolean }, done: (...answer: unknown[]) => void) => {
    const found = addresses.map((address) => ({ address, family: isIP(address) }));
    // Not at once: a lookup answers after its caller has returned.
    process.nextTick(() => (all ? done(null, found) : done(null, found[0]?.address, found[0]?.family)));
  }) as LookupFunction;

/** Plain HTTP: the request is made anew to the judged address, and its answer handed back. */
async function passOn(options: Outside, request: IncomingMessage, response: ServerResponse): Promise<void> {
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

function tell(response: ServerResponse, { status, reason, text }: Answer): void {
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
