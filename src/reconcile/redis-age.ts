/**
 * Notices a Redis that knows less than it did: restored from a backup, a disk that lied, emptied. After each request, and every
 * few seconds, the bot has it note down the time by its own clock, and remembers what it noted, in a file as well. Where it has an earlier time than it
 * once had, everything that came since then may be lost, though GitHub's log says that it was delivered.
 */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { Redis } from "ioredis";
import type { Logger } from "../log.ts";
import { keys } from "../task/keys.ts";
import { untilMultipleOf } from "../until-multiple.ts";

export type RedisAge = {
  /** A request has just been recorded: a Redis that loses it is to have lost the time that is noted after it, too. Returns at once. */
  soon(): void;
  /** Whether Redis is known to have forgotten something lately. Looks now: a backup may have come back since the last look. */
  hasForgotten(): Promise<boolean>;
  stop(): void;
};

export type RedisAgeDeps = {
  redis: Redis;
  /** Where the last time is kept beyond the life of this process. */
  file: string;
  /** Comments are to be read again. */
  onOlder: () => void;
  log: Logger;
  everyMs?: number;
};

const EVERY_MS = 5_000;
/** Requests that come together are followed by one note, ms. */
const GATHER_MS = 20;
/** How far to look back where Redis has no time at all, ms. */
const EMPTIED_MS = 24 * 3600_000;
/** Longer than looking back ever takes: so long is known that Redis has forgotten something, ms. */
export const KEEP_MS = 7 * 24 * 3600_000;

// KEYS lastSeen lookBack forgetful · ARGV what it once had (0 = nothing) emptiedMs keepMs. Gives the time now, since when something may be
// missing (-1: nothing is), and whether that is so or was lately. What is found is planned in the same step: another bot will see nothing any more.
const LOOK = `
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local last, had = redis.call("GET", KEYS[1]), tonumber(ARGV[1])
local since = -1
if had > 0 and (not last or tonumber(last) < had) then
  since = last and tonumber(last) or had - ARGV[2]
  redis.call("SET", KEYS[3], "1", "PX", ARGV[3])
  local planned = redis.call("GET", KEYS[2])
  if not planned or tonumber(planned) > since then redis.call("SET", KEYS[2], string.format("%d", since), "PX", ARGV[3]) end
end
redis.call("SET", KEYS[1], string.format("%d", now))
return {now, since, redis.call("EXISTS", KEYS[3])}`;

export function watchRedisAge({ redis, file, onOlder, log, everyMs = EVERY_MS }: RedisAgeDeps): RedisAge {
  let had = readHad(file);
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let isLooking = false;
  let isSoon = false;
  let isTold = false;

  async function look(): Promise<{ hasForgotten: boolean }> {
    const [now, since, forgetful] = (await redis.eval(
      LOOK,
      3,
      keys.lastSeen,
      keys.lookBack,
      keys.forgetful,
      had,
      EMPTIED_MS,
      KEEP_MS,
    )) as [number, number, number];
    if (since !== -1) {
      const facts = { knew: new Date(had).toISOString(), knows: new Date(since).toISOString() };
      log.error(facts, "Redis knows less than it did: it was restored or emptied. Comments since then are read again");
      onOlder();
    }
    had = now;
    remember();
    return { hasForgotten: forgetful === 1 };
  }

  /** A disk that is full costs what a restart would have noticed, nothing else. */
  function remember(): void {
    try {
      writeFileSync(`${file}.new-${process.pid}`, `${had}\n`, { mode: 0o600 });
      renameSync(`${file}.new-${process.pid}`, file);
      isTold = false;
    } catch (error) {
      if (!isTold) log.warn({ err: error, file }, "what Redis knows cannot be noted down");
      isTold = true;
    }
  }

  function keepLooking(): void {
    isLooking = true;
    isSoon = false;
    look()
      .catch((error: unknown) => log.debug({ err: error }, "whether Redis knows less than it did was not looked at"))
      .finally(() => {
        if (stopped) return;
        isLooking = false;
        timer = setTimeout(keepLooking, isSoon ? GATHER_MS : untilMultipleOf(everyMs)).unref();
      });
  }

  keepLooking();
  return {
    soon() {
      if (stopped || isSoon) return;
      isSoon = true;
      if (isLooking) return; // it does not say whether the request was there before
      clearTimeout(timer);
      timer = setTimeout(keepLooking, GATHER_MS).unref();
    },
    hasForgotten: async () => (await look()).hasForgotten,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/** 0: nothing is known. */
function readHad(file: string): number {
  try {
    const had = Number(readFileSync(file, "utf8"));
    return Number.isSafeInteger(had) && had > 0 ? had : 0;
  } catch {
    return 0; // this bot is new here
  }
}
