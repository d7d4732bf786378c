/**
 * Works off a due set: takes what is due, does the work, keeps what is taken until the work has ended. Everything stands
 * in the set; a wake, the next due time and a sweep only say when to look there. At most so many works are under way at once.
 */
import type { Logger } from "./log.ts";
import { type DueSet, NoLongerTaken, RENEW_MS, type Taken } from "./task/due-set.ts";
import { untilMultipleOf } from "./until-multiple.ts";

export type Duty = {
  /** For the log. */
  name: string;
  set: DueSet;
  atOnce: number;
  /** Looked at least this often, ms: messages get lost, and bots die. */
  sweepMs: number;
  /** Says what is to become of what was taken (`postpone`, `done`). What it throws is logged, and it is tried again later. */
  work: (taken: Taken, isStopped: () => boolean) => Promise<void>;
  /** Comes before each look. What it throws puts the look off. */
  before?: () => Promise<void>;
  now: () => number;
  log: Logger;
};

export type DueLoop = {
  /** Look in so many ms, at once if none are given, unless a look is planned earlier. Returns at once. */
  wake(inMs?: number): void;
  /** Begins no further work and waits for what is under way. */
  stop(): Promise<void>;
};

/** When all that is due may not be taken now, ms; each end of a work wakes us besides. */
const CROWDED_LOOK_MS = 1_000;
/** After a look that failed, ms, if no sweep comes earlier. */
const FAILED_LOOK_MS = 5_000;
/** Before what failed is tried again, ms: twice as long each time. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;

/** Looks at once, for what there is already. */
export function startDueLoop(duty: Duty): DueLoop {
  const { name, set, atOnce, sweepMs, now, log } = duty;
  const working = new Map<string, Promise<void>>();
  const failures = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  let wakeAt = Number.POSITIVE_INFINITY;
  let looking: Promise<void> | undefined;
  let lookAgain = false;
  let stopped = false;

  /** Uses its own clock: `now` may be a test's. */
  function wake(inMs = 0): void {
    const at = performance.now() + inMs;
    if (stopped || (inMs > 0 && at >= wakeAt)) return;
    clearTimeout(timer);
    wakeAt = at;
    if (inMs > 0) timer = setTimeout(poll, inMs);
    else poll();
  }

  function poll(): void {
    wakeAt = Number.POSITIVE_INFINITY;
    if (looking) {
      lookAgain = true;
      return;
    }
    looking = takeDue()
      .catch((error: unknown) => {
        log.warn({ err: error, due: name }, "could not look for what is due, tried again later");
        return Math.min(FAILED_LOOK_MS, sweepMs);
      })
      .then((inMs) => {
        looking = undefined;
        const again = lookAgain;
        lookAgain = false;
        wake(again ? 0 : inMs);
      });
  }

  /** Takes what is due, as far as there is room; then how long until the next look, ms. */
  async function takeDue(): Promise<number> {
    await duty.before?.();
    const room = atOnce - working.size;
    if (room <= 0) return untilMultipleOf(sweepMs); // each end wakes us
    const at = now();
    const all = await set.take(at, room, working.keys());
    for (const taken of all) begin(taken);
    const next = await set.nextAt();
    if (next === undefined) return untilMultipleOf(sweepMs);
    return all.length === 0 && next <= at
      ? CROWDED_LOOK_MS
      : Math.min(Math.max(next - now(), 0), untilMultipleOf(sweepMs));
  }

  function begin(taken: Taken): void {
    const renewing = setInterval(() => renew(taken), RENEW_MS);
    const work = perform(taken).finally(() => {
      clearInterval(renewing);
      working.delete(taken.member);
      wake();
    });
    working.set(taken.member, work);
  }

  /** Never rejects. When Redis is away as well, the lease runs out, and somebody finds it again. */
  async function perform(taken: Taken): Promise<void> {
    try {
      if (stopped) return void (await taken.postpone(now()));
      await duty.work(taken, () => stopped);
      failures.delete(taken.member);
    } catch (error) {
      await postponeAfter(error, taken).catch((second: unknown) =>
        log.warn({ err: second, due: name, member: taken.member }, "could not be put off: its lease runs out"),
      );
    }
  }

  async function postponeAfter(error: unknown, taken: Taken): Promise<void> {
    const about = { due: name, member: taken.member };
    if (error instanceof NoLongerTaken) return log.info(about, "left to the bot that has taken it since");
    const attempt = (failures.get(taken.member) ?? 0) + 1;
    failures.set(taken.member, attempt);
    const wait = Math.min(FIRST_WAIT_MS * 2 ** (attempt - 1), LONGEST_WAIT_MS);
    log.warn({ err: error, ...about, attempt, wait }, "work failed, repeated later");
    await taken.postpone(now() + wait);
  }

  function renew(taken: Taken): void {
    taken.renew(now()).catch((error: unknown) => log.debug({ err: error, due: name }, "a lease was not renewed"));
  }

  async function stop(): Promise<void> {
    stopped = true;
    clearTimeout(timer);
    await looking;
    await Promise.all(working.values());
  }

  wake();
  return { wake, stop };
}
