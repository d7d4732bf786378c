/**
 * One connection of an agent, as MCP: the tools are listed and called, their input is checked, and whoever waits for long is sent a
 * sign of life. The SDK is loaded with the first connection, as a host whose agents do not talk has no use for it.
 */
import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import type { CallToolResult, ServerContext } from "@modelcontextprotocol/server";
import type { Logger } from "pino";
import { VERSION } from "../../src/task/version.ts";
import type { Answer } from "./answers.ts";
import type { Calls } from "./calls.ts";
import type { Pace } from "./pace.ts";
import type { TalkRun } from "./tool.ts";
import { tools } from "./tools.ts";
import { type Connection, connectionOf } from "./transport.ts";

const BEAT_MS = 10_000;
/** Characters of what a client calls its progress; a longer one is sent no beats, which repeat it. */
const MAX_TOKEN = 200;

const INSTRUCTIONS =
  "Talk to the worker host that runs you and, through it, to the people who wait for your work. Every call is answered soon.";

/** `talk`: of the run whose agent is served. */
export type Serving = { calls: Calls; talk(): TalkRun; pace: Pace; log: Logger };

export async function serve(socket: Socket, { calls, talk, pace, log }: Serving): Promise<void> {
  const [sdk, { serveStdio }] = await Promise.all([
    import("@modelcontextprotocol/server"),
    import("@modelcontextprotocol/server/stdio"),
  ]);
  // One that does not say which bridge it is, is nobody's second try.
  let instance: string = randomUUID();
  const onInstance = (name: string) => {
    instance = name;
  };
  const connection = connectionOf(socket, { pace, onInstance });
  const onerror = (error: Error) => log.debug({ err: error }, "the agent's connection");
  const factory = () => {
    const server = new sdk.McpServer({ name: "orch", version: VERSION }, { instructions: INSTRUCTIONS });
    for (const tool of tools.filter(({ isFor }) => isFor?.(talk()) ?? true)) {
      const { name, description, input: inputSchema } = tool;
      server.registerTool(name, { description, inputSchema }, async (input: unknown, context: ServerContext) =>
        whileBeating(context, async () => {
          const key = `${instance} ${JSON.stringify(context.mcpReq.id)}`;
          const cancelled = cancelledBy(context, connection);
          return resultOf(await calls.perform({ key, tool, input, cancelled, gone: connection.gone }));
        }),
      );
    }
    return server;
  };
  // Nothing of ours changes that a client could subscribe to.
  serveStdio(factory, { transport: connection, onerror, maxSubscriptions: 0 });
}

const resultOf = ({ text, refused }: Answer): CallToolResult => ({
  content: [{ type: "text", text }],
  ...(refused && { isError: true }),
});

/** The SDK aborts what is under way also when the connection has ended, and a bridge then comes back for it. */
function cancelledBy({ mcpReq }: ServerContext, { gone }: Connection): AbortSignal {
  const controller = new AbortController();
  mcpReq.signal.addEventListener("abort", () => !gone.aborted && controller.abort(), { once: true });
  return controller.signal;
}

/** For clients that ask for it: they wait longer then. */
async function whileBeating<T>({ mcpReq }: ServerContext, work: () => Promise<T>): Promise<T> {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined || String(progressToken).length > MAX_TOKEN) return await work();
  let beats = 0;
  const timer = setInterval(() => {
    beats += 1;
    const params = { progressToken, progress: beats };
    mcpReq.notify({ method: "notifications/progress", params }).catch(() => undefined); // its connection has ended
  }, BEAT_MS);
  timer.unref();
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
