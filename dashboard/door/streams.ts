/**
 * Streams of server-sent events. A viewer who reads too slowly loses events, and holds no more than a megabyte here; one who reads nothing any more is
 * cut off. Streams are bounded for all viewers together and for each of them, and end before anything else when the dashboard stops. Anybody with an
 * account at GitHub may sign in, again and again: so the bound is the person's and not a session's, and some streams are left for whoever operates Orch.
 */
import type { ServerResponse } from "node:http";
import type { EventStream, ServerEvent } from "../visit.ts";
import { HEADERS } from "./headers.ts";

/** Of one viewer, in bytes. */
const MAX_PENDING = 1024 * 1024;
const MOST = 500;
/** Of all who are not operators. */
const MOST_OF_PEOPLE = 400;
/** A browser opens six connections to one place, or a hundred streams by HTTP/2. */
const MOST_OF_ONE = 64;
/** So often something is said, so that no proxy on the way takes the stream for dead, ms. */
const TICK_MS = 15_000;
/** Nothing was read for so many ticks. */
const MOST_STUCK_TICKS = 4;

/** Whose a stream is. `session`: with its end the stream ends. `viewer`: the same for all sessions of one person. */
export type Owner = { session: string; viewer: string; isOperator: boolean };

export function makeStreams({ tickMs = TICK_MS }: { tickMs?: number } = {}) {
  const open = new Map<ServerResponse, Owner>();

  function hasRoom({ viewer, isOperator }: Owner): boolean {
    const all = [...open.values()];
    const people = all.filter((each) => !each.isOperator).length;
    const own = all.filter((each) => each.viewer === viewer).length;
    return own < MOST_OF_ONE && all.length < MOST && (isOperator || people < MOST_OF_PEOPLE);
  }

  /** Resolves when `run` has returned, and the stream is closed. `gone`: ends it. */
  async function serve(
    response: ServerResponse,
    { owner, gone, run }: { owner: Owner; gone: AbortSignal; run: (stream: EventStream) => Promise<void> },
  ): Promise<void> {
    open.set(response, owner);
    response.writeHead(200, {
      ...HEADERS,
      "content-type": "text/event-stream; charset=utf-8",
      "x-accel-buffering": "no",
      connection: "close",
    });
    response.flushHeaders();
    const ticking = startTicking(response, tickMs);
    const end = () => response.end();
    gone.addEventListener("abort", end, { once: true });
    try {
      await run(streamTo(response));
    } finally {
      clearInterval(ticking);
      gone.removeEventListener("abort", end);
      open.delete(response);
      response.end();
    }
  }

  /** Whose session has ended. */
  function endOf(session: string): void {
    for (const [response, each] of open) if (each.session === session) response.destroy();
  }

  return { hasRoom, serve, endOf };
}

function streamTo(response: ServerResponse): EventStream {
  return {
    send(event) {
      if (response.writableEnded || response.destroyed || response.writableLength > MAX_PENDING) return false;
      response.write(written(event));
      return true;
    },
    pending: () => response.writableLength,
  };
}

function startTicking(response: ServerResponse, tickMs: number): NodeJS.Timeout {
  let stuck = 0;
  return setInterval(() => {
    stuck = response.writableNeedDrain ? stuck + 1 : 0;
    if (stuck >= MOST_STUCK_TICKS) response.destroy();
    else if (stuck === 0 && !response.writableEnded) response.write(":\n\n");
  }, tickMs).unref();
}

/** A line break in what is sent must not end the line that it stands in. */
function written({ event, data, id }: ServerEvent): string {
  // Most are one line, long and for many viewers: not copied.
  const lines = /[\r\n]/.test(data) ? data.split(/\r\n|\r|\n/) : [data];
  const name = (text: string) => text.replace(/[\r\n\0]/g, "");
  return `event: ${name(event)}\n${id === undefined ? "" : `id: ${name(id)}\n`}${lines.map((line) => `data: ${line}\n`).join("")}\n`;
}
