/**
 * A connection as a transport of the MCP SDK: bounded lines, and no more of them than the run's pace allows. What comes faster
 * stays in the socket, and so with whoever sends it; nothing is read on while answers are not taken.
 */
import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { JSONRPCMessage, Transport } from "@modelcontextprotocol/server";
import { z } from "zod";
import type { Pace } from "./pace.ts";
import { idOf, MAX_REQUEST_BYTES, type RequestLine, requestLines } from "./request-lines.ts";

/** What a bridge says first on each of its connections: `instance` names it among all clients of the run. */
const HELLO = "notifications/orch/bridge";
const helloShape = z.object({ instance: z.string().regex(/^[\w-]{8,64}$/) });

export type Connection = Transport & { readonly gone: AbortSignal };

/** `onInstance`: the client has said which bridge it is. `pace`: of the lines of all connections together. */
export function connectionOf(
  socket: Socket,
  { pace, onInstance }: { pace: Pace; onInstance(instance: string): void },
): Connection {
  const over = new AbortController();
  const lines = requestLines();
  let reading: Promise<void> = Promise.resolve();

  const answer = async (message: object): Promise<void> => {
    if (socket.destroyed || socket.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`)) return;
    await drained(socket, over.signal);
  };
  const read = async (line: RequestLine): Promise<void> => {
    if ("tooLong" in line) return await answer(tooLong(line.tooLong));
    if (line.text.trim() === "") return;
    const message = parsed(line.text);
    if (message === undefined) return await answer({ id: null, error: { code: -32_700, message: "This is no JSON" } });
    if ("invalid" in message)
      return await answer({ id: message.id ?? null, error: { code: -32_600, message: "This is no JSON-RPC request" } });
    if (!("method" in message) || message.method !== HELLO) return connection.onmessage?.(message);
    const hello = helloShape.safeParse(message.params);
    if (hello.success) onInstance(hello.data.instance);
  };
  const readAll = async (found: readonly RequestLine[]): Promise<void> => {
    for (const line of found) {
      for (let waitMs = pace.take(); waitMs > 0; waitMs = pace.take())
        await delay(waitMs, undefined, { signal: over.signal });
      await read(line);
      if (socket.writableNeedDrain) await drained(socket, over.signal);
    }
  };
  const end = () => {
    if (over.signal.aborted) return;
    over.abort();
    connection.onclose?.();
  };

  const connection: Connection = {
    gone: over.signal,
    async start() {
      socket.on("error", (error) => connection.onerror?.(error));
      socket.on("close", end);
      socket.on("data", (chunk: Buffer) => {
        socket.pause();
        reading = readAll(lines.push(chunk)).then(
          () => void socket.resume(),
          (error: unknown) => {
            if (!over.signal.aborted) connection.onerror?.(error as Error);
            socket.destroy();
          },
        );
      });
      if (socket.destroyed) end();
    },
    async send(message: JSONRPCMessage) {
      if (socket.destroyed) return;
      socket.write(`${JSON.stringify(message)}\n`);
      // Whoever does not read what it has asked for is not there any more.
      if (socket.writableLength > MAX_UNREAD_BYTES) socket.destroy(new Error("the agent does not read its answers"));
    },
    async close() {
      socket.destroy();
      end();
      await reading;
    },
  };
  return connection;
}

async function drained(socket: Socket, over: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = () => {
      socket.off("drain", done);
      over.removeEventListener("abort", done);
      resolve();
    };
    socket.once("drain", done);
    over.addEventListener("abort", done, { once: true });
  });
}

type Parsed = JSONRPCMessage | { invalid: true; id: unknown } | undefined;

/** Of one connection: more than all answers that may be under way. */
const MAX_UNREAD_BYTES = 2 * 1024 ** 2;
/** Characters of a request's name. It is remembered with its answer. */
const MAX_ID = 200;

/** What a message must be for the SDK to take it; the SDK itself checks what its method needs. */
const messageShape = z.looseObject({
  jsonrpc: z.literal("2.0"),
  id: z.union([z.string().max(MAX_ID), z.int()]).optional(),
  method: z.string().optional(),
  params: z.looseObject({}).optional(),
});

function parsed(text: string): Parsed {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { success, data } = messageShape.safeParse(value);
  if (success && (data.method !== undefined || (data.id !== undefined && ("result" in data || "error" in data))))
    return value as JSONRPCMessage;
  const id = (value as { id?: unknown } | null)?.id;
  const isName = typeof id === "number" || (typeof id === "string" && id.length <= MAX_ID);
  return { invalid: true, id: isName ? id : undefined };
}

/** As the result of a call, which a model reads and understands. */
function tooLong(ends: { start: string; end: string }): object {
  const text = `This call is longer than ${MAX_REQUEST_BYTES / 1024} kB and was not carried out. Say it in fewer words.`;
  return { id: idOf(ends) ?? null, result: { content: [{ type: "text", text }], isError: true } };
}
