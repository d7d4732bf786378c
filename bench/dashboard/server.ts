/** The measured side: a bot's ingress and its dashboard in one process, as in a bot; the queue of what was asked for is not worked off. */
import { startDashboard } from "../../dashboard/dashboard.ts";
import { freePort } from "../../demo/free-port.ts";
import { makeApp } from "../../src/app.ts";
import type { GitHub } from "../../src/github.ts";
import { makeIngress } from "../../src/ingress/ingress.ts";
import { makeInbox } from "../../src/intake/inbox.ts";
import { makeLog } from "../../src/log.ts";
import { makeRedisGate } from "../../src/redis-gate.ts";
import { listenOn } from "../../src/server.ts";
import { makeCallerReplies } from "../../src/task/caller-replies.ts";
import { makeDeeds } from "../../src/task/deeds.ts";
import { readHosts } from "../../src/task/hosts.ts";
import { ASKING_LABELS } from "../../src/task/labels.ts";
import { makePlanStore } from "../../src/task/plans.ts";
import { makeTaskQueue } from "../../src/task/queue.ts";
import { connectBlockingRedis, connectRedis, waitForRedis } from "../../src/task/redis.ts";
import { makeScheduleStore } from "../../src/task/schedules.ts";
import { makeTaskStore } from "../../src/task/store.ts";
import { makeViewReader } from "../../src/views/reader.ts";
import { serveQuestions } from "../child.ts";
import type { Served, ServerOptions } from "./dashboard.ts";

serveQuestions({
  async start({ redisUrl, secret, path }: ServerOptions): Promise<Served> {
    const log = makeLog("info");
    const redis = connectRedis(redisUrl, "bot");
    const subscriber = connectBlockingRedis(redisUrl, "bot-changes");
    await waitForRedis(redis, 10_000);
    const gate = makeRedisGate(redis, log);
    await gate.check();
    const [store, queue, inbox] = [makeTaskStore(redis), makeTaskQueue(redis), makeInbox(redis)];
    const hosts = () => readHosts(redis, Date.now());
    const nothing = async () => undefined;
    const asks = { labels: ASKING_LABELS, schedules: { lookAgain: nothing, lookAtAll: nothing } };
    const listeners = makeApp({
      store,
      queue,
      inbox,
      ...asks,
      appId: 1,
      now: Date.now,
      log,
      wakeIntake: () => undefined,
    });
    const answer = makeIngress({ secret, listeners, isFit: gate.isFit, log });
    const server = await listenOn({ host: "127.0.0.1", port: 0 }, [{ method: "POST", path, answer }], log);
    const dashboard = await startDashboard(
      {
        ...{ redis, subscriber, store, queue, inbox, hosts, log },
        plans: makePlanStore(redis),
        schedules: makeScheduleStore(redis),
        views: makeViewReader({ redis, store, queue, hosts, now: Date.now }),
        callers: makeCallerReplies(redis),
        deeds: makeDeeds(redis),
        github: { server: {} } as GitHub,
        wakeIntake: () => undefined,
        isFit: gate.isFit,
        webUrl: "https://github.example",
        now: Date.now,
      },
      { host: "127.0.0.1", port: await freePort(), operators: [] },
    );
    return { port: server.port, url: dashboard.url };
  },
});
