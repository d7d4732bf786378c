/** A bot, made of its settings: what it keeps, what it does by itself, what it hears, where it listens. Stops in reverse order. */
import { type Background, startBackground } from "./bot/background.ts";
import { type Servers, startServers } from "./bot/servers.ts";
import { openStorage } from "./bot/storage.ts";
import { openWebhook, type Webhook } from "./bot/webhook.ts";
import { makeBudget } from "./budget.ts";
import type { BotConfig } from "./config.ts";
import { makeGitHub } from "./github.ts";
import { healthRoutes } from "./health.ts";
import { type Logger, makeLog } from "./log.ts";
import { CATCH_UP_TIMES, type CatchUpTimes } from "./reconcile/missed-deliveries.ts";
import { makeAhead } from "./workers-api/ahead.ts";
import { giveContext } from "./workers-api/context.ts";
import { type Door, openDoor } from "./workers-api/socket.ts";
import { giveToken } from "./workers-api/tokens.ts";
import { workersApi } from "./workers-api/workers-api.ts";

export type Bot = {
  /** Where it listens, e.g. http://127.0.0.1:3000 */
  url: string;
  /** Where other programs ask, should there be such a place. */
  apiUrl?: string;
  /** Where people look, should it have that port by now. */
  dashboardUrl?: string;
  /** Answers nothing new, finishes what is under way, closes everything. */
  stop(): Promise<void>;
};

/** What tests and benchmarks may replace. `signal`: ends a start that still waits for its port. */
export type BotOptions = { log?: Logger; now?: () => number; catchUp?: CatchUpTimes; signal?: AbortSignal };

/** Throws ConfigError when Redis is not fit to keep tasks in. */
export async function makeBot(config: BotConfig, options: BotOptions = {}): Promise<Bot> {
  const { log = makeLog(config.logLevel), now = Date.now, catchUp: times = CATCH_UP_TIMES, signal } = options;
  const storage = await openStorage(config.redisUrl, { now, log });
  const { redis, store } = storage;
  const budget = makeBudget({ redis, now, log });
  const github = makeGitHub(config, log, budget);
  const ahead = makeAhead({
    give: {
      token: (spec) => giveToken({ github, log }, spec, "fetch"),
      context: (spec) => giveContext(github, spec),
    },
    now,
    log,
  });
  const forHosts = workersApi({ store, github, ahead, workerSecret: config.workerSecret, log });
  const parts = { config, storage, github, now, log };

  let socket: Door | undefined;
  let background: Background | undefined;
  let webhook: Webhook | undefined;
  let servers: Servers | undefined;
  const stop = async () => {
    await Promise.all([servers?.stop(), socket?.stop()]);
    await Promise.all([webhook?.stop(), background?.stop()]);
    await storage.close();
  };
  try {
    // Before the port, which may have to be waited for: runs go on meanwhile.
    socket = await openDoor(config.botFolder, forHosts, log);
    background = startBackground({ ...parts, budget, ahead });
    const { schedules, wakeIntake } = background;
    webhook = openWebhook({ ...parts, schedules, wakeIntake, times });
    const routes = [webhook.route, ...(config.answersHostsOnPort ? forHosts : []), ...healthRoutes(storage)];
    servers = await startServers({ ...parts, wakeIntake, routes, signal });
    webhook.catchUp();
    return { ...servers.urls, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
