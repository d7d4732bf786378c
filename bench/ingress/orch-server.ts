/**
 * The measured side: the bot's own ingress, listeners, inbox and HTTP server, put together as src/bot/ does. Only what
 * comes after the answer (intake, reports) is left out: it has no counterpart on the other side.
 */
import { makeApp } from "../../src/app.ts";
import { makeIngress } from "../../src/ingress/ingress.ts";
import { makeInbox } from "../../src/intake/inbox.ts";
import { makeLog } from "../../src/log.ts";
import { makeRedisGate } from "../../src/redis-gate.ts";
import { listenOn } from "../../src/server.ts";
import { ASKING_LABELS } from "../../src/task/labels.ts";
import { makeTaskQueue } from "../../src/task/queue.ts";
import { connectRedis, waitForRedis } from "../../src/task/redis.ts";
import { makeTaskStore } from "../../src/task/store.ts";
import { serveQuestions } from "../child.ts";
import type { ServerOptions } from "./ingress.ts";

serveQuestions({
  async start({ redisUrl, secret, path }: ServerOptions): Promise<number> {
    const log = makeLog("info");
    const redis = connectRedis(redisUrl, "bot");
    await waitForRedis(redis, 10_000);
    const gate = makeRedisGate(redis, log);
    await gate.check();
    const stored = { store: makeTaskStore(redis), queue: makeTaskQueue(redis), inbox: makeInbox(redis) };
    const nothing = async () => undefined;
    const asks = { labels: ASKING_LABELS, schedules: { lookAgain: nothing, lookAtAll: nothing } };
    const listeners = makeApp({ ...stored, ...asks, appId: 1, now: Date.now, log, wakeIntake: () => undefined });
    const answer = makeIngress({ secret, listeners, isFit: gate.isFit, log });
    const server = await listenOn({ host: "127.0.0.1", port: 0 }, [{ method: "POST", path, answer }], log);
    return server.port;
  },
});
