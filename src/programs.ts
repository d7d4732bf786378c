/**
 * What other programs ask by, put together: the desk where all they want is done, and the two doors to it, plain HTTP and A2A, on one
 * listener. Loaded by a bot that has such a listener only.
 */

import type { Redis } from "ioredis";
import { a2aDoor } from "../a2a/door.ts";
import { type Hooks, makeHooks } from "../a2a/hooks.ts";
import { makeCalls } from "./api/call.ts";
import { type DeskDeps, makeDesk } from "./api/desk.ts";
import { startListener } from "./api/listener.ts";
import { apiRoutes } from "./api/routes.ts";
import { makeTokens } from "./api/tokens.ts";
import { startWatch } from "./api/watch.ts";
import type { BotConfig } from "./config.ts";
import { startDueLoop } from "./due-loop.ts";
import type { Logger } from "./log.ts";
import { hostAndPort } from "./reach/host-and-port.ts";
import { keys } from "./task/keys.ts";
import { wakeByMessages } from "./wake-by-messages.ts";

export type ProgramsDeps = Omit<DeskDeps, "watch" | "isGood"> & { subscriber: Redis; log: Logger };

export type Programs = { url: string; stop(): Promise<void> };

/** Throws what `listen` throws. */
export async function openForPrograms(
  deps: ProgramsDeps,
  { host, port, url: given }: NonNullable<BotConfig["api"]>,
  { sharesPort, signal }: { sharesPort: boolean; signal?: AbortSignal | undefined },
): Promise<Programs> {
  const { redis, subscriber, log, now } = deps;
  const watch = startWatch(subscriber, log);
  const tokens = makeTokens(redis);
  const desk = makeDesk({ ...deps, watch, isGood: tokens.isGood });
  const calls = makeCalls({ redis, tokens, now });
  const hooks = makeHooks({ redis, desk, tokens, now, log });
  const at = { host, port, sharesPort, names: { host: "API_HOST", port: "API_PORT" } };
  let own = `http://${hostAndPort(host, port)}`;
  const url = () => given ?? own;
  const others = [a2aDoor({ desk, hooks, calls, hosts: deps.hosts, url, log })];
  const listener = await startListener({ routes: apiRoutes(desk), calls, others, url, log }, at, signal);
  own = `http://${hostAndPort(host, listener.port)}`;
  const telling = startTelling(deps, hooks);
  return {
    url: own,
    stop: async () => {
      await Promise.all([listener.stop(), telling.stop()]);
      watch.stop();
    },
  };
}

const TOLD_AT_ONCE = 16;
const SWEEP_MS = 15_000;

/** Programs that want to be called are told of each change of their tasks. */
function startTelling({ subscriber, now, log }: ProgramsDeps, hooks: Hooks) {
  const { due: set, tell: work } = hooks;
  const loop = startDueLoop({ name: "hooks", set, atOnce: TOLD_AT_ONCE, sweepMs: SWEEP_MS, work, now, log });
  const hear = (task: string) => {
    hooks.noticed(task).then(
      (isTold) => (isTold ? loop.wake() : undefined),
      (error: unknown) => log.debug({ err: error, task }, "news of a task is told at the next look"),
    );
  };
  const about = "changes, for programs";
  const woken = wakeByMessages(subscriber, { channel: keys.changed, about, wake: loop.wake, hear, log });
  return {
    stop: async () => {
      woken.stop();
      hooks.stop();
      await loop.stop();
    },
  };
}
