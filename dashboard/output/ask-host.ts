/**
 * Asks worker hosts for what their runs have printed, through Redis. Whoever asks the same at the same time shares the answer. What comes back
 * was checked and cleaned anew.
 */
import { randomBytes } from "node:crypto";
import type { Redis } from "ioredis";
import { keys } from "../../src/task/keys.ts";
import { type Answer, ASK_S, type Ask, MAX_ASKS, parseAnswer } from "../../src/task/output.ts";

export type Asked = Omit<Ask, "id">;
/** `silent`: the host has not answered in time. */
export type HostAnswer = Answer | "silent";
export type AskHost = (host: string, asked: Asked) => Promise<HostAnswer>;

const WAIT_MS = 3_000;
/** Questions under way; more are answered as if nobody were there. */
const MAX_UNDER_WAY = 200;

type Parts = { redis: Redis; subscriber: Redis };

export function makeHostAsker({ redis, subscriber }: Parts, waitMs = WAIT_MS): AskHost {
  const waiting = new Map<string, () => void>();
  const underWay = new Map<string, Promise<HostAnswer>>();
  let listening: Promise<unknown> | undefined;

  function listen(): Promise<unknown> {
    listening ??= (async () => {
      subscriber.on("message", (channel, id) => {
        if (channel === keys.answered) waiting.get(id)?.();
      });
      await subscriber.subscribe(keys.answered);
    })();
    return listening;
  }

  async function ask(host: string, asked: Asked): Promise<HostAnswer> {
    await listen();
    const id = randomBytes(16).toString("hex");
    const answered = Promise.withResolvers<void>();
    waiting.set(id, answered.resolve);
    const timer = setTimeout(answered.resolve, waitMs);
    try {
      await redis
        .multi()
        .lpush(keys.asks(host), JSON.stringify({ id, ...asked } satisfies Ask))
        .ltrim(keys.asks(host), 0, MAX_ASKS - 1)
        .expire(keys.asks(host), ASK_S)
        .publish(keys.asked, host)
        .exec();
      await answered.promise;
      // Also where no word of it came: that may have been lost.
      const text = await redis.getdel(keys.answer(id));
      return (text === null ? undefined : parseAnswer(text)) ?? "silent";
    } finally {
      clearTimeout(timer);
      waiting.delete(id);
    }
  }

  return async (host, asked) => {
    const name = JSON.stringify([host, asked.task, asked.run, asked.step, asked.from, asked.until, asked.bytes]);
    const known = underWay.get(name);
    if (known) return await known;
    if (underWay.size >= MAX_UNDER_WAY) return "silent";
    const asking = ask(host, asked).finally(() => underWay.delete(name));
    underWay.set(name, asking);
    return await asking;
  };
}
