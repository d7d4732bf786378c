/** What the worker host says to the network proxy, over the socket that only the two of them reach. */
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { z } from "zod";
import { request as httpRequest } from "../node-http.ts";
import { readBounded } from "../read-bounded.ts";
import { CONTROL_SOCKET } from "./outlet-files.ts";

const replySchema = z.object({ identity: z.string(), outlets: z.array(z.string()) });

/** One that does not answer within this hangs, ms. */
const ANSWER_MS = 5_000;
const MAX_ANSWER_BYTES = 256 * 1024;

/** The proxy answered, and it cannot do what it was asked for. */
export class ProxyRefused extends Error {
  override name = "ProxyRefused";
}

/** Asks the proxy; what it answers is its identity and its outlets. */
export async function ask(
  dir: string,
  method: string,
  path: string,
  body?: object,
): Promise<z.output<typeof replySchema>> {
  const socketPath = join(dir, CONTROL_SOCKET);
  const request = httpRequest({ socketPath, method, path: `/${path}`, agent: false, timeout: ANSWER_MS });
  request.once("timeout", () => request.destroy(new Error(`no answer within ${ANSWER_MS / 1_000} s`)));
  request.end(body && JSON.stringify(body));
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const text = (await readBounded(response, MAX_ANSWER_BYTES))?.toString();
  if (text === undefined) throw new Error("the network proxy says too much");
  if (response.statusCode !== 200) throw new ProxyRefused(`the network proxy answers ${response.statusCode}: ${text}`);
  return replySchema.parse(JSON.parse(text));
}

/** A request whose answer never ends: it breaks off the moment that the proxy goes. */
export async function watch(dir: string): Promise<{ end(): void; ended: Promise<void> }> {
  const request = httpRequest({ socketPath: join(dir, CONTROL_SOCKET), path: "/watch" });
  request.end();
  const [response] = (await once(request, "response")) as [IncomingMessage];
  response.resume();
  // What breaks it off shows as its close.
  request.on("error", () => {});
  response.socket.unref();
  return { end: () => request.destroy(), ended: new Promise((resolve) => response.once("close", () => resolve())) };
}
