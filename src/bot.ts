/** Builds the bot from its settings: connections, then what stands on them, then the server. Stops in reverse order. */

import { createHmac } from "node:crypto";
import { join } from "node:path";
import type { Dashboard } from "../dashboard/dashboard.ts";
import { isWorthCatchingUp, makeApp } from "./app.ts";
import { makeBudget } from "./budget.ts";
import { type BotConfig, ConfigError } from "./config.ts";
import { makeDispatcher } from "./dispatch/dispatcher.ts";
import { makeRounds } from "./dispatch/rounds.ts";
import { makeGitHub } from "./github.ts";
import { healthRoutes } from "./health.ts";
import { makeHistory } from "./history/history.ts";
import { type KeptHistory, keepHistory } from "./history/keep-history.ts";
import { makeIngress } from "./ingress/ingress.ts";
import { makeInbox } from "./intake/inbox.ts";
import { startIntake } from "./intake/intake.ts";
import { type Logger, makeLog } from "./log.ts";
import { makeMetrics } from "./metrics/metrics.ts";
import { type MetricsServer, serveMetrics } from "./metrics-server.ts";
import type { Programs } from "./programs.ts";
import { hostAndPort } from "./reach/host-and-port.ts";
import { startLookingBack } from "./reconcile/look-back.ts";
import { CATCH_UP_TIMES, type CatchingUp, type CatchUpTimes, startCatchingUp } from "./reconcile/missed-deliveries.ts";
import { startReconciling } from "./reconcile/reconcile.ts";
import { type RedisAge, watchRedisAge } from "./reconcile/redis-age.ts";
import { type Round, startRound } from "./reconcile/round.ts";
import { makeRedisGate, type RedisGate } from "./redis-gate.ts";
import { makeReporter } from "./report/reporter.ts";
import { makeArmSource } from "./routing/arm-source.ts";
import { startSchedules } from "./schedules/schedules.ts";
import { listenOn, type Route } from "./server.ts";
import { makeCallerReplies } from "./task/caller-replies.ts";
import { makeDeeds } from "./task/deeds.ts";
import { readHosts } from "./task/hosts.ts";
import { keys } from "./task/keys.ts";
import { readPause } from "./task/pause.ts";
import { makePlanStore } from "./task/plans.ts";
import { makeTaskQueue } from "./task/queue.ts";
import { tellOnce } from "./task/record.ts";
import { connectBlockingRedis, connectRedis, waitForRedis } from "./task/redis.ts";
import { makeScheduleStore } from "./task/schedules.ts";
import { makeTaskStore } from "./task/store.ts";
import type { TaskSpec } from "./task/task.ts";
import { VERSION } from "./task/version.ts";
import { tellTraces } from "./traces/tell-traces.ts";
import { readTeam } from "./views/read-team.ts";
import { makeViewReader } from "./views/reader.ts";
import { wakeByMessages } from "./wake-by-messages.ts";
import { makeAhead } from "./workers-api/ahead.ts";
import { giveContext } from "./workers-api/context.ts";
import { findPushed } from "./workers-api/find-pushed.ts";
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

/** A bot that starts before its Redis waits so long for it, ms, and then listens anyway, answering 503. */
const REDIS_WAIT_MS = 5_000;

const TRACES_EVERY_MS = 5_000;

/** Throws ConfigError when Redis is not fit to keep tasks in. */
export async function makeBot(config: BotConfig, options: BotOptions = {}): Promise<Bot> {
  const { log = makeLog(config.logLevel), now = Date.now, catchUp: times = CATCH_UP_TIMES, signal } = options;
  const redis = connectRedis(config.redisUrl, "bot");
  const subscriber = connectBlockingRedis(config.redisUrl, "bot-changes");
  const gate = makeRedisGate(redis, log);
  const close = () => {
    gate.stop();
    subscriber.disconnect();
    redis.disconnect();
  };
  try {
    await firstCheck(gate, waitForRedis(redis, REDIS_WAIT_MS), log);
  } catch (error) {
    close();
    throw error;
  }
  const tell = tellOnce((key, error) => log.error({ err: error, key }, "a record in Redis cannot be read: left out"));
  const store = makeTaskStore(redis, tell);
  const plans = makePlanStore(redis, tell);
  const queue = makeTaskQueue(redis);
  const inbox = makeInbox(redis, tell);
  const callers = makeCallerReplies(redis, tell);
  const budget = makeBudget({ redis, now, log });
  const github = makeGitHub(config, log, budget);
  const markerSecret = createHmac("sha256", config.webhookSecret).update("orch markers").digest("hex");
  const hosts = () => readHosts(redis, now(), tell);
  const paused = () => readPause(redis);

  const { webUrl } = config.github;
  const { labels, commitStatus } = config;
  let age: RedisAge | undefined;
  const giveAhead = {
    token: (spec: TaskSpec) => giveToken({ github, log }, spec, "fetch"),
    context: (spec: TaskSpec) => giveContext(github, spec),
  };
  const ahead = makeAhead({ give: giveAhead, now, log });
  const past = config.historyFile === undefined ? undefined : makeHistory(config.historyFile);
  const router = past && { arms: makeArmSource({ read: past.arms, now, log }), maxCostUsd: config.routingMaxCostUsd };
  const dispatcher = makeDispatcher({ redis, store, plans, queue, hosts, router, onStarting: ahead.begin, now, log });
  const reporter = makeReporter({
    // Until it is known, GitHub is looked at.
    hasForgotten: async () => (await age?.hasForgotten()) ?? true,
    store,
    github,
    budget,
    labels,
    commitStatus,
    secret: markerSecret,
    webUrl,
    now,
    log,
    hosts,
    paused,
    followUp: makeRounds({ store, dispatcher, now, log }),
    teamOf: (task) => readTeam(store, task),
  });
  const sweep = startReconciling({
    redis,
    store,
    plans,
    queue,
    hosts,
    paused,
    findPushed: (task) => findPushed(github, task),
    now,
    log,
  });
  const views = makeViewReader({ redis, store, queue, hosts, now });
  const deeds = makeDeeds(redis, tell);
  const asked = { inbox, store, queue, github, markerSecret, callers, deeds };
  const intake = startIntake({ ...asked, dispatcher, views, now, log });
  const wakeIntake = (inMs?: number) => {
    intake.wake(inMs);
    age?.soon();
  };
  const scheduleStore = makeScheduleStore(redis, tell);
  const asking = { store, inbox, github, secret: markerSecret, wakeIntake, now, log };
  const schedules = startSchedules({ ...asking, redis, schedules: scheduleStore, isFit: gate.isFit });
  const lookingBack = startLookingBack({ ...asking, redis, isFit: gate.isFit });
  const listeners = makeApp({
    store,
    queue,
    inbox,
    labels,
    schedules,
    appId: config.appId,
    now,
    log,
    wakeIntake,
  });
  const receive = makeIngress({ secret: config.webhookSecret, listeners, isFit: gate.isFit, log });
  reporter.start(subscriber);
  dispatcher.start(subscriber);
  const requested = wakeByMessages(subscriber, { channel: keys.requested, about: "requests", wake: wakeIntake, log });
  let catching: CatchingUp | undefined;
  let history: KeptHistory | undefined;
  let metrics: MetricsServer | undefined;
  let traces: Round | undefined;
  let dashboard: Dashboard | undefined;
  const forHosts = workersApi({ store, github, ahead, workerSecret: config.workerSecret, log });
  const routes = [
    { method: "POST" as const, path: config.webhookPath, answer: whenRefused(receive, () => catching?.soon()) },
    ...(config.answersHostsOnPort ? forHosts : []),
    ...healthRoutes({ redis, gate, queue, store, inbox, hosts }),
  ];

  const stopWork = async () => {
    age?.stop();
    requested.stop();
    await Promise.all([
      catching?.stop(),
      lookingBack.stop(),
      schedules.stop(),
      intake.stop(),
      dispatcher.stop(),
      sweep.stop(),
      reporter.stop(),
    ]);
    await Promise.all([history?.stop(), metrics?.stop(), traces?.stop()]);
    await queue.close();
    close();
  };
  let door: Door | undefined;
  let programs: Programs | undefined;
  try {
    // Before the port, which may have to be waited for: runs go on meanwhile.
    door = await openDoor(config.botFolder, forHosts, log);
    const file = join(config.botFolder, "last-seen");
    age = watchRedisAge({ redis, file, onOlder: () => lookingBack.soon(0), log });
    if (past) history = keepHistory({ redis, store, history: past, now, log });
    if (config.metrics) {
      const counted = makeMetrics({
        redis,
        store,
        around: views.around,
        viewers: () => dashboard?.viewers() ?? 0,
        now,
      });
      metrics = await serveMetrics(counted, config.metrics, log);
    }
    if (config.traces) {
      const telling = { redis, store, collector: config.traces, version: VERSION, log };
      const work = async (keepOn: () => Promise<void>) => void (await tellTraces(telling, keepOn));
      traces = startRound({ redis, name: "traces", everyMs: TRACES_EVERY_MS, work, now, log });
    }
    if (config.dashboard) {
      const { startDashboard } = await import("../dashboard/dashboard.ts");
      const known = {
        redis,
        subscriber,
        store,
        queue,
        plans,
        schedules: scheduleStore,
        hosts,
        views,
        inbox,
        callers,
        deeds,
      };
      const { isFit } = gate;
      const { historyFile } = config;
      const asks = { ...known, github, wakeIntake, isFit, historyFile, webUrl, now, log };
      dashboard = await startDashboard(asks, config.dashboard);
    }
    const server = await listenOn(config, routes, log, { signal });
    if (config.api) {
      const { openForPrograms } = await import("./programs.ts");
      const desk = { redis, store, inbox, callers, github, hosts, isFit: gate.isFit, wakeIntake, now, subscriber, log };
      programs = await openForPrograms(desk, config.api, { sharesPort: config.sharesPort, signal }).catch(
        async (error) => {
          await server.stop();
          throw error;
        },
      );
    }
    const hears = (name: string) => isWorthCatchingUp(listeners, name);
    catching = startCatchingUp({ redis, github, hears, isFit: gate.isFit, times, now, log });
    return {
      url: `http://${hostAndPort(config.host, server.port)}`,
      ...(programs && { apiUrl: programs.url }),
      ...(dashboard?.isListening() && { dashboardUrl: dashboard.url }),
      stop: async () => {
        await Promise.all([server.stop(), programs?.stop(), door?.stop(), dashboard?.stop()]);
        await stopWork();
      },
    };
  } catch (error) {
    await Promise.all([door?.stop(), dashboard?.stop()]);
    await stopWork();
    throw error;
  }
}

/** Calls back when a delivery was not taken, though it might have been at another time. */
function whenRefused(receive: Route["answer"], refused: () => void): Route["answer"] {
  return async (request) => {
    const answer = await receive(request);
    if (answer.status === 503) refused();
    return answer;
  };
}

/** An unfit Redis is refused at once; one that is not there yet may come later. */
async function firstCheck(gate: RedisGate, connected: Promise<void>, log: Logger): Promise<void> {
  try {
    await connected;
    await gate.check();
  } catch (error) {
    log.error(
      { err: error },
      "Redis does not answer: listening nevertheless, deliveries are answered with 503 until it does",
    );
    return;
  }
  if (!gate.isFit()) throw new ConfigError(gate.problems());
}
