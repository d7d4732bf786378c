/**
 * What is said to programs that ask: the end of each of their requests, kept for as long as tasks are. A person is answered on
 * GitHub; a program finds its answer here.
 */
import type { Redis } from "ioredis";
import { z } from "zod";
import { keys, RETENTION_S } from "./keys.ts";
import { readRecord, type TellUnreadable, warnOfUnreadable } from "./record.ts";

/** `done`: it was carried out. `say`: what there is to say of that, as Markdown; why not, where it was not. */
export type CallerReply = { done: boolean; say?: string };

const replyShape = z.looseObject({ done: z.boolean(), say: z.string().optional() });

export type CallerReplies = ReturnType<typeof makeCallerReplies>;

export function makeCallerReplies(redis: Redis, tell: TellUnreadable = warnOfUnreadable) {
  /** Of the request of this name. Said again, it is the same; whoever waits for it hears of it. */
  async function give(name: string, reply: CallerReply): Promise<void> {
    await redis.set(keys.callerReply(name), JSON.stringify(reply), "EX", RETENTION_S);
    await redis.publish(keys.callerReplied, name);
  }

  /** Undefined while it is not taken in. */
  async function read(name: string): Promise<CallerReply | undefined> {
    const key = keys.callerReply(name);
    const text = await redis.get(key);
    return text === null ? undefined : readRecord<CallerReply>(key, replyShape, () => JSON.parse(text), tell);
  }

  return { give, read };
}
