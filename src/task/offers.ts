/**
 * Offers: what hosts know of tasks whose record Redis has lost. A host that works on such a task offers the task as its run's
 * folder has it; a bot puts the record back (`src/reconcile/put-back.ts`). A task may have runs on several hosts, of which the
 * latest one counts, so every host has an offer of its own.
 */
import type { Redis } from "ioredis";
import { z } from "zod";
import { keys } from "./keys.ts";
import { FORMAT, judgeRecord, reasonOfDoubt, type TellUnreadable } from "./record.ts";
import type { Task } from "./task.ts";
import { taskShape } from "./task-shape.ts";

/** `at`: when the host found the record gone, Unix ms. */
export type Offer = { host: string; at: number; task: Task };

const offerShape = z.looseObject({ host: z.string(), at: z.number(), task: taskShape });

const fieldOf = ({ host, task }: Offer): string => `${task.spec.id}/${host}`;

/** Repeated as long as the record is gone: Redis may have lost the offer as well. The first one's time stays. */
export async function offer(redis: Redis, offers: readonly Offer[]): Promise<void> {
  for (const each of offers)
    await redis.hsetnx(keys.offers, fieldOf(each), JSON.stringify({ ...each, format: FORMAT }));
}

/** Those of newer programs are left out: they are for newer bots. */
export async function readOffers(redis: Redis, tell: TellUnreadable): Promise<Offer[]> {
  return Object.entries(await redis.hgetall(keys.offers)).flatMap(([field, text]) => {
    const reading = judgeRecord<Offer>(offerShape, () => JSON.parse(text));
    if (reading.kind === "known") return reading.record;
    tell(`${keys.offers} ${field}`, reasonOfDoubt(reading));
    return [];
  });
}

export async function withdrawOffers(redis: Redis, offers: readonly Offer[]): Promise<void> {
  if (offers.length > 0) await redis.hdel(keys.offers, ...offers.map(fieldOf));
}
