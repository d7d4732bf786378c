/** The bot's part: the dashboard's stream of what a task prints, over HTTP, without its door, alone in its process. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { memoryUsage } from "node:process";
import pino from "pino";
import { makeStreams } from "../../dashboard/door/streams.ts";
import { outputRoutes } from "../../dashboard/output/routes.ts";
import type { Visit } from "../../dashboard/visit.ts";
import { readHosts } from "../../src/task/hosts.ts";
import { connectBlockingRedis, connectRedis, waitForRedis } from "../../src/task/redis.ts";
import { makeTaskStore } from "../../src/task/store.ts";
import { serveQuestions } from "../child.ts";

const log = pino({ level: "silent" });

const owner = (viewer: number) => ({ session: `${viewer}`, viewer: `${viewer}`, isOperator: true });

serveQuestions({
  /** Gives its address; a task's stream is at `/<task>`. */
  async open({ redisUrl }: { redisUrl: string }) {
    const redis = connectRedis(redisUrl, "bench-bot");
    const subscriber = connectBlockingRedis(redisUrl, "bench-bot-news");
    await waitForRedis(redis, 10_000);
    const hosts = () => readHosts(redis, Date.now());
    const routes = outputRoutes({ redis, subscriber, store: makeTaskStore(redis), hosts, now: Date.now, log });
    const follow = routes.find(({ path }) => path.endsWith("/follow"));
    if (!follow) throw new Error("there is no stream");
    const streams = makeStreams();
    let viewers = 0;
    const server = createServer(async (request, response) => {
      viewers += 1;
      const gone = new AbortController();
      response.once("close", () => gone.abort());
      const answer = await follow.answer(visitTo((request.url ?? "").slice(1), gone.signal));
      if (answer.kind !== "stream") return void response.writeHead(404).end();
      await streams.serve(response, { owner: owner(viewers), gone: gone.signal, run: answer.run });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  },
  /** What it holds when all that it does not need is gone, MB. */
  async memory() {
    if (!globalThis.gc) throw new Error("start it with --expose-gc");
    await globalThis.gc({ execution: "async" });
    const { heapUsed, external } = memoryUsage();
    return (heapUsed + external) / 2 ** 20;
  },
});

function visitTo(id: string, signal: AbortSignal): Visit {
  const may = async () => true;
  return {
    viewer: { kind: "operator", name: "bench" },
    rights: { isOperator: true, mayRead: may, mayWrite: may },
    params: { id },
    query: new URLSearchParams(),
    form: new URLSearchParams(),
    formToken: "",
    now: Date.now(),
    signal,
  };
}
