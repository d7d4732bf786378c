/**
 * When a schedule comes: a cron expression of five fields, by the clock of a time zone. Where that clock is put forward, a
 * fixed time that does not exist comes as soon as the clock goes on; where it is put back, one that exists twice comes once.
 * What comes every so often goes on evenly. Times are Unix ms.
 */
import { Cron } from "croner";

export type Times = { cron: string; timezone: string };

/** Closer together than that no two times of a schedule may be, minutes. */
export const CLOSEST_MINUTES = 15;

/** Five fields, or a name for such. What libraries know beyond that differs from one to the next. */
export const CRON_PATTERN = /^(?:[\w*,/#-]+(?: +[\w*,/#-]+){4}|@(?:hourly|daily|weekly|monthly|yearly))$/;

/** An IANA name: an offset such as +02:00 would be wrong for half of the year. */
export const TIME_ZONE_PATTERN = /^[A-Za-z][\w+-]*(?:\/[\w+-]+){0,2}$/;

/** So many times of an expression are looked at to see whether they are too close together. */
const LOOKED_AT = 100;
/** From a leap year on, so that what is found is the same whenever it is asked for. */
const LOOKED_AT_FROM = Date.UTC(2024, 0, 1) - 1;

/** What is wrong with a cron expression, as a sentence's end; undefined when nothing is. */
export function problemOfCron(cron: string): string | undefined {
  if (!CRON_PATTERN.test(cron)) return problemOfForm(cron);
  try {
    return problemOfTimes(cron);
  } catch (error) {
    return `cannot be read: ${(error instanceof Error ? error.message : String(error)).replace(/^\w+: /, "")}`;
  }
}

function problemOfForm(cron: string): string {
  const fields = cron.trim().split(/\s+/).length;
  if (fields === 6 || fields === 7) return "has a field for seconds or years: leave it out, five fields are read";
  return 'must have five fields between spaces: minute, hour, day of month, month, day of week, as in "0 3 * * 1-5"';
}

/** By a clock that is never changed: a change brings two times closer together once a year, which does no harm. */
function problemOfTimes(cron: string): string | undefined {
  const times = new Cron(cron, { mode: "5-part", utcOffset: 0 });
  let last = times.nextRun(new Date(LOOKED_AT_FROM));
  if (!last) return "never comes: there is no such day";
  for (let count = 1; count < LOOKED_AT; count++) {
    const next = times.nextRun(last);
    if (!next) return undefined;
    if (next.getTime() - last.getTime() < CLOSEST_MINUTES * 60_000)
      return `comes more often than every ${CLOSEST_MINUTES} minutes`;
    last = next;
  }
  return undefined;
}

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** The first time after `after`; undefined when none comes any more. */
export function nextTime({ cron, timezone }: Times, after: number): number | undefined {
  return new Cron(cron, { mode: "5-part", timezone }).nextRun(new Date(after))?.getTime();
}

/** The last time that is not before `from` nor after `until`; undefined when there is none. */
export function lastTime(times: Times, { from, until }: { from: number; until: number }): number | undefined {
  let last: number | undefined;
  for (let at = nextTime(times, from - 1); at !== undefined && at <= until; at = nextTime(times, at)) last = at;
  return last;
}
