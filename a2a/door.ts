/**
 * The A2A door at the listener for programs: the agent card for all, JSON-RPC for those with a token. A long answer is a stream of events, which is read
 * as fast as the program takes it: what changes meanwhile is told once, as it is by then.
 */
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { formatSSEErrorEvent, formatSSEEvent, SSE_HEADERS } from "@a2a-js/sdk";
import { JsonRpcTransportHandler, ServerCallContext, validateVersion } from "@a2a-js/sdk/server";
import type { Calls } from "../src/api/call.ts";
import type { Desk } from "../src/api/desk.ts";
import type { OtherDoor } from "../src/api/listener.ts";
import { Problem } from "../src/api/problem.ts";
import type { Logger } from "../src/log.ts";
import type { HostView } from "../src/task/hosts.ts";
import { agentCard, ENDPOINT, JSONRPC, publishedCard } from "./card.ts";
import { makeHandler, PROGRAM, type Program } from "./handler.ts";
import type { Hooks } from "./hooks.ts";

const CARD = "/.well-known/agent-card.json";
/** A comment in the stream so often, ms: who has gone without a word is noticed, and proxies keep the connection. */
const BEAT_MS = 15_000;
/** A program that takes nothing for so long, ms, is cut off. */
const TAKES_WITHIN_MS = 20_000;

export type DoorDeps = {
  desk: Desk;
  hooks: Hooks;
  calls: Calls;
  hosts: () => Promise<HostView[]>;
  /** Under which programs reach the listener. */
  url: () => string;
  log: Logger;
};

export function a2aDoor({ desk, hooks, calls, hosts, url, log }: DoorDeps): OtherDoor {
  const card = async () => agentCard(url(), await hosts());
  const transport = new JsonRpcTransportHandler(makeHandler({ desk, hooks, card, log }));

  return async (request, response, path, signal) => {
    if (path === CARD) {
      if (request.method !== "GET") throw new Problem("wrong_method", "Use GET.");
      return { status: 200, body: publishedCard(await card()) };
    }
    if (path !== ENDPOINT) return undefined;
    const caller = await calls.callerOf(request);
    if (request.method !== "POST") throw new Problem("wrong_method", "Use POST.");
    const body = await calls.bodyOf(request);
    const release = calls.lasting(caller);
    try {
      const refused = await wrongVersion(request);
      if (refused) return { status: 200, body: { jsonrpc: "2.0", id: idIn(body), error: refused } };
      const answered = await transport.handle(body as Record<string, unknown>, contextOf(request, { caller, signal }));
      if (!(Symbol.asyncIterator in answered)) return { status: 200, body: answered };
      return await stream(answered, response, signal, idIn(body));
    } finally {
      release();
    }
  };

  /** No header means 0.3, which is another language. */
  async function wrongVersion(request: IncomingMessage) {
    try {
      validateVersion(versionIn(request), await card(), JSONRPC);
      return undefined;
    } catch (error) {
      return JsonRpcTransportHandler.mapToJSONRPCError(error);
    }
  }
}

const versionIn = ({ headers }: IncomingMessage): string => String(headers["a2a-version"] ?? "0.3").slice(0, 20);

function contextOf(request: IncomingMessage, program: Program): ServerCallContext {
  const { client } = program.caller;
  return new ServerCallContext({
    requestedVersion: versionIn(request),
    user: { isAuthenticated: true, userName: client },
    state: new Map<string, unknown>([[PROGRAM, program]]),
  });
}

function idIn(body: unknown): string | number | null {
  const id = (body as { id?: unknown } | null | undefined)?.id;
  return typeof id === "string" || typeof id === "number" ? id : null;
}

type Events = AsyncGenerator<unknown, void, undefined>;

/** What goes wrong before the first event is an answer like any other. */
async function stream(events: Events, response: ServerResponse, signal: AbortSignal, id: string | number | null) {
  const failed = (error: unknown) => ({ jsonrpc: "2.0", id, error: JsonRpcTransportHandler.mapToJSONRPCError(error) });
  let first: IteratorResult<unknown, void>;
  try {
    first = await events.next();
  } catch (error) {
    return { status: 200, body: failed(error) };
  }
  response.writeHead(200, { ...SSE_HEADERS, "x-content-type-options": "nosniff" });
  const beat = setInterval(() => response.write(":\n\n"), BEAT_MS);
  try {
    for (let next = first; !next.done && !signal.aborted; next = await events.next())
      await write(response, formatSSEEvent(next.value), signal);
  } catch (error) {
    if (!response.destroyed) response.write(formatSSEErrorEvent(failed(error)));
  } finally {
    clearInterval(beat);
    await events.return();
    response.end();
  }
  return "answered" as const;
}

async function write(response: ServerResponse, text: string, signal: AbortSignal): Promise<void> {
  if (response.write(text)) return;
  const late = AbortSignal.any([signal, AbortSignal.timeout(TAKES_WITHIN_MS)]);
  await once(response, "drain", { signal: late }).catch(() => response.destroy());
}
