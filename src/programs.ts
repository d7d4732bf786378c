/**
 * What other programs ask by, put together: the desk where all they want is done, and the two doors to it, plain HTTP and A2A, on one
 * listener. Loaded by a bot that has such a listener only.
 */

import type { Redis } from "ioredis";
import { makeCalls } from "./api/call.ts";
import { type DeskDeps, makeDesk } from "./api/desk.ts";
import { startListener } from "./api/listener.ts";
import { apiRoutes } from "./api/routes.ts";
import { makeTokens } from "./api/tokens.ts";
import { startWatch } from "./api/watch.ts";
import type { BotConfig } from "./config.ts";
import type { Logger } from "./log.ts";
import { hostAndPort } from "./reach/host-and-port.ts";

export type ProgramsDeps = Omit<DeskDeps, "watch"> & { subscriber: Redis; log: Logger };

export type Programs = { url: string; stop(): Promise<void> };

/** Throws what `listen` throws. */
export async function openForPrograms(
  deps: ProgramsDeps,
  { host, port, url: given }: NonNullable<BotConfig["api"]>,
  { sharesPort, signal }: { sharesPort: boolean; signal?: AbortSignal | undefined },
): Promise<Programs> {
  const { redis, subscriber, log, now } = deps;
  const watch = startWatch(subscriber, log);
  const desk = makeDesk({ ...deps, watch });
  const calls = makeCalls({ redis, tokens: makeTokens(redis), now });
  const at = { host, port, sharesPort, names: { host: "API_HOST", port: "API_PORT" } };
  const url = given ?? `http://${hostAndPort(host, port)}`;
  const listener = await startListener({ routes: apiRoutes(desk), calls, others: [], url, log }, at, signal);
  return {
    url: `http://${hostAndPort(host, listener.port)}`,
    stop: async () => {
      await listener.stop();
      watch.stop();
    },
  };
}
