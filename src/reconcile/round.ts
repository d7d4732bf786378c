/**
 * Work that comes round: of any number of bots one does it, when a bot starts, every so often, and when somebody asks for it.
 * When that bot dies or freezes, another takes over. It is a due set with one member.
 */
import type { Redis } from "ioredis";
import { startDueLoop } from "../due-loop.ts";
import type { Logger } from "../log.ts";
import { makeDueSet } from "../task/due-set.ts";
import { keys } from "../task/keys.ts";

export type Round = {
  /** Asks for a round in so many ms. Returns at once; kept in mind while Redis is away. */
  soon(inMs: number): void;
  /** Begins no further round and waits for the one under way. */
  stop(): Promise<void>;
};

/** `keepOn`: to be awaited before whatever a second bot should not do, too; throws when the round must end. */
export type RoundWork = (keepOn: () => Promise<void>) => Promise<number | undefined>;

type RoundDeps = {
  redis: Redis;
  name: string;
  everyMs: number;
  /** Gives how long until the next round, ms, when that is not `everyMs`. */
  work: RoundWork;
  now: () => number;
  log: Logger;
};

/** A round must end because the bot is to stop. What is not done waits for the next one. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/** Looked at least this often, ms: the bot that was to do the next round may have died. */
const SWEEP_MS = 15_000;
/** After each round at least, ms. */
const SHORTEST_WAIT_MS = 1_000;

export function startRound({ redis, name, everyMs, work, now, log }: RoundDeps): Round {
  const set = makeDueSet(redis, keys.round(name));
  const shortestWait = Math.min(SHORTEST_WAIT_MS, everyMs);
  let askedFor = now();

  const loop = startDueLoop({
    name,
    set,
    atOnce: 1,
    sweepMs: Math.min(SWEEP_MS, everyMs),
    before: plan,
    work: async (taken, isStopped) => {
      const keepOn = async () => {
        if (isStopped()) throw new Interrupted(`the round "${name}" was interrupted`);
        await taken.keep(now());
      };
      try {
        const wait = (await work(keepOn)) ?? everyMs;
        await taken.postpone(now() + Math.max(wait, shortestWait));
      } catch (error) {
        if (!(error instanceof Interrupted)) throw error;
        await taken.postpone(now());
      }
    },
    now,
    log,
  });

  /** There is always a next round, also in a Redis that has lost everything. */
  async function plan(): Promise<void> {
    const at = askedFor;
    if (at === Number.POSITIVE_INFINITY) return void (await set.ensure(name, now() + everyMs));
    await set.plan(name, at);
    if (askedFor === at) askedFor = Number.POSITIVE_INFINITY;
  }

  return {
    soon: (inMs) => {
      askedFor = Math.min(askedFor, now() + inMs);
      loop.wake(shortestWait);
    },
    stop: loop.stop,
  };
}
