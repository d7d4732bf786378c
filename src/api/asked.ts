/**
 * What programs have asked for: who asked where for which task, from the moment in which it is asked for until tasks are forgotten. A
 * task is shown to the program that asked for it, and to no other.
 */
import type { Redis } from "ioredis";
import { z } from "zod";
import { keys, RETENTION_S } from "../task/keys.ts";
import { readRecord, type TellUnreadable, warnOfUnreadable } from "../task/record.ts";

const askedShape = z.looseObject({
  client: z.string(),
  /** Of the request that asks for it. */
  request: z.string(),
  installationId: z.number(),
  repository: z.looseObject({ id: z.number(), owner: z.string(), name: z.string(), defaultBranch: z.string() }),
  /** Of the issue or pull request, or of its own place. */
  number: z.number(),
  on: z.enum(["issue", "pull"]),
  instruction: z.string(),
  /** Hash of all that was asked: under one key there is one wish. */
  digest: z.string(),
  /** Unix ms. */
  at: z.number(),
  /** A2A's name for the conversation, where the program has given one. */
  context: z.string().optional(),
});
export type AskedTask = z.output<typeof askedShape>;

export function makeAskedStore(redis: Redis, tell: TellUnreadable = warnOfUnreadable) {
  async function read(id: string): Promise<AskedTask | undefined> {
    const key = keys.callerTask(id);
    const text = await redis.get(key);
    return text === null ? undefined : readRecord<AskedTask>(key, askedShape, () => JSON.parse(text), tell);
  }

  /** What is recorded under the task's id: this, or what was asked before. */
  async function record(id: string, asked: AskedTask): Promise<AskedTask> {
    const list = keys.callerTasks(asked.client);
    await redis
      .multi()
      .set(keys.callerTask(id), JSON.stringify(asked), "EX", RETENTION_S, "NX")
      .zadd(list, "NX", asked.at, id)
      .zremrangebyscore(list, "-inf", asked.at - RETENTION_S * 1_000)
      .expire(list, RETENTION_S)
      .exec();
    return (await read(id)) ?? asked;
  }

  /** The newest of a program's, those before `before` (Unix ms): at most so many. */
  const idsOf = (client: string, { before, limit }: { before: number; limit: number }): Promise<string[]> =>
    redis.zrange(keys.callerTasks(client), `(${before}`, "-inf", "BYSCORE", "REV", "LIMIT", 0, limit);

  const countOf = (client: string): Promise<number> => redis.zcard(keys.callerTasks(client));

  return { read, record, idsOf, countOf };
}
