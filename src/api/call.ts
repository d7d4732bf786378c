/**
 * One call of a program: its token, its body, its end. Whoever has no token learns nothing, and holds nothing up: bodies are small,
 * and read only of programs that are known.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Redis } from "ioredis";
import { NoRoom, type Room, readBody, TooLarge } from "../ingress/read-body.ts";
import { Problem } from "./problem.ts";
import { countOne } from "./rate.ts";
import type { Caller, TokenStore } from "./tokens.ts";

/** Of a body, in bytes: far more than the longest request has. */
const MAX_BODY = 128 * 1024;
const ROOM: Room = { left: 8 * 1024 * 1024, free: 4 * 1024 };

/** Calls that wait, or streams that are open, of one program at a bot. */
const MOST_AT_ONCE = 64;

export type Calls = ReturnType<typeof makeCalls>;

export function makeCalls({ redis, tokens, now }: { redis: Redis; tokens: TokenStore; now: () => number }) {
  const room = { ...ROOM };
  const atOnce = new Map<string, number>();

  /** Whose call it is. Throws Problem. */
  async function callerOf(request: IncomingMessage): Promise<Caller> {
    const [, token = ""] = /^Bearer ([\x21-\x7e]{1,200})$/i.exec(request.headers.authorization ?? "") ?? [];
    const caller = await tokens.find(token);
    if (!caller)
      throw new Problem(
        "unauthorized",
        "Send a token of this Orch: `Authorization: Bearer orch_api_…`. Its operator makes one.",
      );
    await countOne(redis, caller.client, "call", now());
    return caller;
  }

  /** What its body says; undefined where there is none. Throws Problem. */
  async function bodyOf(request: IncomingMessage): Promise<unknown> {
    const body = await readBody(request, MAX_BODY, room).catch((error: unknown) => {
      if (error instanceof TooLarge) throw new Problem("too_large", `The body is larger than ${MAX_BODY / 1024} KiB.`);
      if (error instanceof NoRoom) throw new Problem("unavailable", "Too many bodies at once.", { retryAfterS: 1 });
      throw error;
    });
    if (body.length === 0) return undefined;
    if (!/^application\/(?:[\w.+-]+\+)?json\b/i.test(request.headers["content-type"] ?? ""))
      throw new Problem("invalid", "The body is to be JSON: send `Content-Type: application/json`.");
    try {
      return JSON.parse(body.toString("utf8"));
    } catch {
      throw new Problem("invalid", "The body is not JSON.");
    }
  }

  /** Counts one that lasts; gives it back. Throws Problem when there are too many. */
  function lasting({ client }: Caller): () => void {
    const count = atOnce.get(client) ?? 0;
    if (count >= MOST_AT_ONCE)
      throw new Problem("too_many", `More than ${MOST_AT_ONCE} calls of yours wait at once.`, { retryAfterS: 5 });
    atOnce.set(client, count + 1);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      const left = (atOnce.get(client) ?? 1) - 1;
      if (left > 0) atOnce.set(client, left);
      else atOnce.delete(client);
    };
  }

  return { callerOf, bodyOf, lasting };
}

/** Aborts when whoever calls is gone, or the bot stops. */
export function endOf(response: ServerResponse, stopping: AbortSignal): AbortSignal {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  return AbortSignal.any([gone.signal, stopping]);
}
