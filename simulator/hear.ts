/** A REST request as it is heard: what it says and who says it, before anything is done about it. */
import type { IncomingMessage } from "node:http";
import { type Actor, authenticate } from "./auth/actor.ts";
import { readBody } from "./read-body.ts";
import { ApiError } from "./routes/reply.ts";
import type { World } from "./world.ts";

const maxRequest = 10 * 1024 * 1024;

/** `path` is without /api/v3 and query. */
export type Asked = { method: string; path: string; url: URL; request: IncomingMessage };

/** What a request says, and who says it. `refusal` when that was no good; a body that is no JSON stays text. */
export type Heard = { actor: Actor; body: unknown; refusal?: ApiError };

function parseBody(text: string): unknown {
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError(400, "Problems parsing JSON"); // GitHub says no more either
  }
}

/** Undefined when the client went away while it was still sending: nobody hears an answer, and nothing was wrong here. */
export async function hear(world: World, { request }: Asked): Promise<Heard | undefined> {
  const heard: Heard = { actor: { kind: "anonymous" }, body: undefined };
  try {
    const sent = await readBody(request, maxRequest);
    if (!sent) throw new ApiError(413, "Request body too large");
    heard.body = sent.toString();
    heard.body = parseBody(sent.toString());
    heard.actor = authenticate(world, request.headers.authorization);
  } catch (error) {
    if (error instanceof ApiError) return { ...heard, refusal: error };
    if (!request.complete) return undefined;
    throw error;
  }
  return heard;
}
