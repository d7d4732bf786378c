/**
 * Asks worker hosts for what their runs have printed and changed, through Redis. Whoever asks the same at the same time shares the answer. What comes
 * back was checked and cleaned anew.
 */
import { randomBytes } from "node:crypto";
import type { Redis } from "ioredis";
import { keys } from "../../src/task/keys.ts";
import { type Answer, ASK_S, type Ask, MAX_ASKS, parseAnswer } from "../../src/task/output.ts";
import { type ChangesAnswer, type ChangesAsk, parseChanges } from "../../src/task/unpublished.ts";

export type Asked = Omit<Ask, "id">;
/** `silent`: the host has not answered in time. */
export type HostAnswer = Answer | "silent";
export type AskHost = (host: string, asked: Asked) => Promise<HostAnswer>;
export type AskChanges = (host: string, task: string) => Promise<ChangesAnswer | "silent">;

const WAIT_MS = 3_000;
/** A diff takes longer than a file that is read. */
const CHANGES_WAIT_MS = 10_000;
/** Questions under way; more are answered as if nobody were there. */
const MAX_UNDER_WAY = 200;

type Parts = { redis: Redis; subscriber: Redis };
type Question = Omit<Ask, "id"> | Omit<ChangesAsk, "id">;

export function makeHostAsker({ redis, subscriber }: Parts, waitMs = WAIT_MS): { ask: AskHost; changes: AskChanges } {
  const waiting = new Map<string, () => void>();
  const underWay = new Map<string, Promise<string | null>>();
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

  async function question(host: string, asked: Question, forMs: number): Promise<string | null> {
    await listen();
    const id = randomBytes(16).toString("hex");
    const answered = Promise.withResolvers<void>();
    waiting.set(id, answered.resolve);
    const timer = setTimeout(answered.resolve, forMs);
    try {
      await redis
        .multi()
        .lpush(keys.asks(host), JSON.stringify({ id, ...asked }))
        .ltrim(keys.asks(host), 0, MAX_ASKS - 1)
        .expire(keys.asks(host), ASK_S)
        .publish(keys.asked, host)
        .exec();
      await answered.promise;
      // Also where no word of it came: that may have been lost.
      return await redis.getdel(keys.answer(id));
    } finally {
      clearTimeout(timer);
      waiting.delete(id);
    }
  }

  /** Null where there is no answer. */
  async function shared(host: string, asked: Question, forMs: number): Promise<string | null> {
    const name = JSON.stringify([host, ...Object.entries(asked).sort()]);
    const known = underWay.get(name);
    if (known) return await known;
    if (underWay.size >= MAX_UNDER_WAY) return null;
    const asking = question(host, asked, forMs).finally(() => underWay.delete(name));
    underWay.set(name, asking);
    return await asking;
  }

  return {
    ask: async (host, asked) => {
      const text = await shared(host, asked, waitMs);
      return (text === null ? undefined : parseAnswer(text)) ?? "silent";
    },
    changes: async (host, task) => {
      const text = await shared(host, { changesOf: task }, CHANGES_WAIT_MS);
      return (text === null ? undefined : parseChanges(text)) ?? "silent";
    },
  };
}
