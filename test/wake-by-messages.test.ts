import { pino } from "pino";
import { expect, test, vi } from "vitest";
import { connectBlockingRedis } from "../src/task/redis.ts";
import { wakeByMessages } from "../src/wake-by-messages.ts";
import { startConnectedRedis } from "./support/redis.ts";

test("messages of its channel are heard, and a connection that is back makes it look at once, until it is stopped", async () => {
  const server = await startConnectedRedis();
  const subscriber = connectBlockingRedis(server.url, "test-changes");
  try {
    const next = (event: "ready" | "message") => new Promise((resolve) => subscriber.once(event, resolve));
    await next("ready");
    const [hear, wake] = [vi.fn(), vi.fn()];
    const woken = wakeByMessages(subscriber, {
      ...{ channel: "here", about: "this", hear, wake },
      log: pino({ level: "silent" }),
    });
    await subscriber.subscribe("elsewhere");
    /** Comes after all that was said before it. */
    const said = async (channel: string, message: string) => {
      const heard = next("message");
      await server.redis.publish(channel, message);
      await heard;
    };
    await said("elsewhere", "one");
    await said("here", "two");
    expect(hear.mock.calls).toEqual([["two"]]);
    expect(wake).not.toHaveBeenCalled();

    const back = next("ready");
    await server.redis.call("CLIENT", "KILL", "TYPE", "pubsub");
    await back;
    expect(wake.mock.calls).toEqual([[0]]);

    woken.stop();
    await vi.waitUntil(async () => (await server.redis.publish("here", "nobody")) > 0);
    await said("here", "three");
    expect(hear.mock.calls).toEqual([["two"]]);
  } finally {
    subscriber.disconnect();
    await server.close();
  }
});
