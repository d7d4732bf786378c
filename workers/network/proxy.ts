/**
 * The HTTP proxy that is a sandbox's only way out: CONNECT for everything encrypted, whole URLs for plain HTTP. Each target
 * is judged, and the address that was judged is the one that is dialled. What is inside a CONNECT is not looked at.
 *
 * Written by hand because this is what Orch's walls stand on, and no proxy library dials only what was judged, listens
 * on a unix socket and counts: those that were looked at resolve the name once more when they connect.
 */
import type { Server } from "node:http";
import type { Socket } from "node:net";
import { createServer } from "../node-http.ts";
import { endingWith } from "./complain.ts";
import { tooMany } from "./find-way.ts";
import type { Outside, ProxyOptions } from "./outside.ts";
import { MAX_HEADER_BYTES, MAX_HEADERS, passOn } from "./plain-http.ts";
import { tunnel } from "./tunnel.ts";

export type Proxy = {
  server: Server;
  /** Open connections of the sandbox. */
  connections(): number;
  /** Ends all of them. */
  cut(): void;
};

/** A client that does not end its headers must not hold a connection for ever; ms. */
const HEADERS_MS = 60_000;
/** How often that is looked at, ms: seldom, as each sandbox has a server, all are looked at in one process, and whoever is cut has only its own share. */
const CUT_EVERY_MS = 5 * HEADERS_MS;

export function makeProxy(options: ProxyOptions): Proxy {
  const open = new Set<Socket>();
  const outside: Outside = { ...options, dialled: new Set() };
  const server = createServer(
    {
      ...{ headersTimeout: HEADERS_MS, connectionsCheckingInterval: CUT_EVERY_MS, requestTimeout: 0 },
      ...{ maxHeaderSize: MAX_HEADER_BYTES, keepAliveTimeout: 0 },
    },
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
