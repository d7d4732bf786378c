/** `CONNECT`: a tunnel for everything encrypted. What is inside of it is not looked at. */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type ErrorResponse, findWay, unreachable } from "./find-way.ts";
import { dial, type Outside, relay } from "./outside.ts";
import { connectTarget } from "./target.ts";

/** What a client sent before it went may still arrive, but it does not wait for ever for a server that does not read; ms. */
const DRAIN_MS = 30_000;

/** Bytes in both directions from here on. */
export async function tunnel(options: Outside, request: IncomingMessage, client: Duplex, head: Buffer): Promise<void> {
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

/** A whole answer on a connection that goes no further. */
function refuse(client: Duplex, { status, reason, text }: ErrorResponse): void {
  const body = `${text}\n`;
  const head = [
    `HTTP/1.1 ${status} ${reason}`,
    "content-type: text/plain; charset=utf-8",
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  client.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
