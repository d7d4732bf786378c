/**
 * Takes jobs off the lanes that this host serves as long as there is a free slot and room on the disk, and sees to it that jobs whose host is gone
 * come again. Nothing blocks: a message says that a lane has a job, and from time to time all are looked at, for messages can be
 * lost.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Redis } from "ioredis";
import { CANARY_JOB } from "../src/task/canary.ts";
import { keys } from "../src/task/keys.ts";
import { hostLaneName, type Lane, laneName } from "../src/task/lane.ts";
import { readPause } from "../src/task/pause.ts";
import { STALLED_CHECK_MS } from "../src/task/queue.ts";
import { atMultiplesOf } from "../src/until-multiple.ts";
import type { CanaryKeeper } from "./canary.ts";
import type { Room } from "./room.ts";
import type { Locker } from "./run/job-lock.ts";
import type { Shared } from "./run/run.ts";
import { type JobInHand, take } from "./run/take-job.ts";
import type { Slots } from "./slots.ts";
import { makeTurns } from "./turns.ts";

const PAUSE_LOOK_MS = 1_000;

export type JobTaker = {
  /** Hears of jobs from now on. */
  start(): Promise<void>;
  /** Takes no further job; resolves when none is in hand any more. */
  stop(): Promise<void>;
};

export type JobTakerOptions = {
  shared: Shared;
  slots: Slots;
  room: Room;
  canary: Pick<CanaryKeeper, "begin">;
  locker: Locker;
  subscriber: Redis;
};

export function makeJobTaker({ shared, slots, room, canary, locker, subscriber }: JobTakerOptions): JobTaker {
  const { redis, log } = shared;
  const { lanes, token } = locker;
  const own = hostLaneName(shared.hostId);
  const served = lanesOf(shared);
  const turns = makeTurns(own, [...served.keys()]);
  let stopping = false;
  let taking: Promise<void> = Promise.resolve();
  let looking: { stop(): void } | undefined;

  async function takeJobs(): Promise<void> {
    while (!stopping) {
      await Promise.all([slots.whenFree(), turns.whenDue(), room.whenFree()]);
      if (!stopping && !room.isFree()) continue;
      const name = stopping ? undefined : turns.next();
      if (name === undefined) continue;
      try {
        await takeFrom(name);
      } catch (error) {
        // A job that was taken and not begun comes back when its lock runs out.
        turns.due(name);
        if (!stopping) log.warn({ err: error, lane: name }, "no job could be taken; trying again");
        await pause(redis);
      }
    }
  }

  async function takeFrom(name: string): Promise<void> {
    // At once: a start waits for neither.
    const [job, { pause: held }] = await Promise.all([
      lanes.worker(name).getNextJob(token, { block: false }),
      readPause(redis),
    ]);
    if (!job) return;
    turns.due(name);
    const inHand: JobInHand = { job, from: name === own ? "own" : { lane: served.get(name) } };
    if (stopping || held) await job.moveToWait(token);
    else if (job.name === CANARY_JOB) await takeCanary(job);
    else await take({ shared, slots, locker }, inHand);
    if (held) await untilResumed();
  }

  /** Whatever comes of it is over before it could be lost. */
  async function takeCanary(job: JobInHand["job"]): Promise<void> {
    await job.moveToCompleted(undefined, token, false);
    const user = slots.take();
    if (user) canary.begin(user);
  }

  async function untilResumed(): Promise<void> {
    log.info("all work is paused: no job is taken");
    while (!stopping && (await readPause(redis)).pause) await delay(PAUSE_LOOK_MS);
    log.info("the pause is over");
  }

  /** Jobs whose host died wait again, and everybody hears of them. */
  async function returnStalled(name: string): Promise<void> {
    if ((await lanes.returnStalled(name)) > 0) await redis.publish(keys.jobs, name);
  }

  function lookAgain(): void {
    turns.due();
    for (const name of [own, ...served.keys()])
      returnStalled(name).catch((error: unknown) =>
        log.debug({ err: error, lane: name }, "stalled jobs not looked for"),
      );
  }

  return {
    async start() {
      subscriber.on("message", (channel, name) => {
        if (channel === keys.jobs) turns.due(name);
      });
      // What was said while the connection was away is lost.
      subscriber.on("ready", () => turns.due());
      await subscriber.subscribe(keys.jobs);
      looking = atMultiplesOf(STALLED_CHECK_MS, lookAgain);
      lookAgain();
      taking = takeJobs();
    },
    async stop() {
      stopping = true;
      looking?.stop();
      slots.wake();
      room.wake();
      turns.wake();
      await lanes.close();
      await taking;
    },
  };
}

/** From which every host with these agents takes, by name: the agents', and the queue of before there were lanes. */
function lanesOf({ operator }: Shared): ReadonlyMap<string, Lane | undefined> {
  const lanes = [...[...operator.agents.keys()].map((agent) => ({ agent })), undefined];
  return new Map(lanes.map((lane) => [laneName(lane), lane]));
}

/** After an error: a second, or until Redis is there again, so that nobody spins. */
async function pause(redis: Redis): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, 1_000);
  redis.once("ready", resolve);
  await promise;
  clearTimeout(timer);
  redis.off("ready", resolve);
}
