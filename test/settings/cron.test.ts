/** When a schedule comes, also where clocks are changed: against the clock itself, minute by minute. */
import { describe, expect, test } from "vitest";
import { isTimeZone, lastTime, nextTime, problemOfCron } from "../../src/settings/cron.ts";
import { randomFrom } from "../support/random.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Clocks that change by an hour or by half of one, at night or at midnight, north and south, and some that never do. */
const ZONES = [
  "Europe/Berlin",
  "America/New_York",
  "Australia/Lord_Howe",
  "America/Santiago",
  "Africa/Cairo",
  "Pacific/Auckland",
  "Asia/Kolkata",
  "Asia/Kathmandu",
  "UTC",
];

const at = (text: string) => Date.parse(text);
const shown = (times: readonly (number | undefined)[]) =>
  times.map((time) => (time === undefined ? undefined : new Date(time).toISOString().slice(0, 16)));

function following(cron: string, timezone: string, after: string, count: number) {
  const times: (number | undefined)[] = [];
  let last: number | undefined = at(after);
  while (times.length < count && last !== undefined) {
    last = nextTime({ cron, timezone }, last);
    times.push(last);
  }
  return shown(times);
}

/** What the clock of a zone shows. */
function clockOf(timeZone: string) {
  const numeric = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" } as const;
  const format = new Intl.DateTimeFormat("en-CA", { timeZone, hourCycle: "h23", ...numeric });
  return (time: number) => {
    const parts = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, value]));
    return {
      day: `${parts.year}-${parts.month}-${parts.day}`,
      minutes: Number(parts.hour) * 60 + Number(parts.minute),
    };
  };
}

/** The whole days between two times by the zone's clock, each minute of them. */
function daysOf(timezone: string, from: number, until: number) {
  const clock = clockOf(timezone);
  const minutes = Array.from({ length: (until - from) / MINUTE }, (_, index) => from + index * MINUTE);
  const days = Map.groupBy(
    minutes.map((time) => ({ time, ...clock(time) })),
    ({ day }) => day,
  );
  return [...days.values()].slice(1, -1);
}

/** Where the zone's clock is changed in the year: the first minute by the new clock. */
function changes(timezone: string, year: number): number[] {
  const clock = clockOf(timezone);
  const found: number[] = [];
  const ahead = (time: number) => (clock(time).minutes - (time % DAY) / MINUTE + 2 * 1440) % 1440;
  for (let day = Date.UTC(year, 0, 1); day < Date.UTC(year + 1, 0, 1); day += DAY) {
    if (ahead(day) === ahead(day + DAY)) continue;
    let [from, to] = [day, day + DAY];
    while (to - from > MINUTE) {
      const middle = from + Math.floor((to - from) / 2 / MINUTE) * MINUTE;
      if (ahead(middle) === ahead(day)) from = middle;
      else to = middle;
    }
    found.push(to);
  }
  return found;
}

describe("a schedule's next time", () => {
  test("is by the clock of its zone", () => {
    expect(following("0 3 * * *", "UTC", "2026-01-01T02:59:59Z", 2)).toEqual(["2026-01-01T03:00", "2026-01-02T03:00"]);
    expect(following("0 9 * * mon-fri", "Asia/Kolkata", "2026-04-03T03:30Z", 1)).toEqual(["2026-04-06T03:30"]);
    expect(following("@daily", "America/New_York", "2026-07-01T00:00Z", 1)).toEqual(["2026-07-01T04:00"]);
  });

  test("that does not exist on the night of the change comes as soon as the clock goes on", () => {
    expect(following("30 2 * * *", "Europe/Berlin", "2026-03-27T12:00Z", 3)).toEqual([
      "2026-03-28T01:30",
      "2026-03-29T01:00",
      "2026-03-30T00:30",
    ]);
  });

  test("that exists twice on the night of the change comes once", () => {
    expect(following("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00Z", 2)).toEqual([
      "2026-10-25T00:30",
      "2026-10-26T01:30",
    ]);
  });

  test("every so often goes on evenly through both changes", () => {
    expect(following("*/30 * * * *", "Europe/Berlin", "2026-10-24T23:59Z", 4)).toEqual([
      "2026-10-25T00:00",
      "2026-10-25T00:30",
      "2026-10-25T01:00",
      "2026-10-25T01:30",
    ]);
    expect(following("0 * * * *", "Europe/Berlin", "2026-03-29T00:00Z", 2)).toEqual([
      "2026-03-29T01:00",
      "2026-03-29T02:00",
    ]);
  });

  test.each(ZONES)("a fixed one in %s comes on each day as soon as the clock is there, or past it", (timezone) => {
    const random = randomFrom(7);
    for (const change of [Date.UTC(2026, 5, 1), ...changes(timezone, 2026), ...changes(timezone, 2027)]) {
      const [from, until] = [change - 3 * DAY, change + 3 * DAY];
      const days = daysOf(timezone, from, until);
      for (let round = 0; round < 40; round++) {
        // Half of them in the hours in which clocks are changed.
        const [hour, minute] = [random.pick([23, 0, 1, 2, 3, random.below(24)]), random.below(60)];
        const wanted = days.map((day) => day.find(({ minutes }) => minutes >= hour * 60 + minute)?.time);
        const first = wanted[0] ?? from;
        const comes = following(
          `${minute} ${hour} * * *`,
          timezone,
          new Date(first - MINUTE).toISOString(),
          days.length,
        );
        expect(comes, `${minute} ${hour} * * * in ${timezone}`).toEqual(shown(wanted));
      }
    }
  });

  test.each(ZONES)("every quarter of an hour in %s is met once, by the clock, also around a change", (timezone) => {
    const clock = clockOf(timezone);
    for (const change of changes(timezone, 2026)) {
      const times: number[] = [];
      for (let time = change - 4 * HOUR; time < change + 4 * HOUR; ) {
        time = nextTime({ cron: "*/15 * * * *", timezone }, time) ?? Number.POSITIVE_INFINITY;
        times.push(time);
      }
      const wanted: number[] = [];
      for (let time = change - 4 * HOUR + MINUTE; wanted.length < times.length; time += MINUTE)
        if (clock(time).minutes % 15 === 0) wanted.push(time);
      expect(shown(times)).toEqual(shown(wanted));
    }
  });
});

test("the last time is the latest within the span, both ends included", () => {
  const times = { cron: "0 3 * * *", timezone: "UTC" };
  const last = (from: string, until: string) => shown([lastTime(times, { from: at(from), until: at(until) })])[0];
  expect(last("2026-01-01T00:00Z", "2026-01-03T02:00Z")).toBe("2026-01-02T03:00");
  expect(last("2026-01-01T03:00Z", "2026-01-01T03:00Z")).toBe("2026-01-01T03:00");
  expect(last("2026-01-01T03:01Z", "2026-01-02T02:59Z")).toBeUndefined();
});

test.each([
  ["0 3 * * * *", "seconds"],
  ["0 3 * *", "five fields"],
  ["every day", "five fields"],
  ["", "five fields"],
  ["@reboot", "five fields"],
  ["2026-05-05T00:00:00", "five fields"],
  ["0 3 ? * *", "five fields"],
  ["0\t3 * * *", "five fields"],
  ["60 3 * * *", "cannot be read: Invalid value for minute: 60"],
  ["0 3 * * 8", "cannot be read"],
  ["0 3 * foo *", "cannot be read"],
  ["*/0 * * * *", "cannot be read"],
  ["0 3 30 2 *", "never comes"],
  ["*/14 * * * *", "more often than every 15 minutes"],
  ["* * * * *", "more often than every 15 minutes"],
  ["0,50 0,23 * * *", "more often than every 15 minutes"],
])("%j is refused with a reason", (cron, reason) => {
  expect(problemOfCron(cron)).toContain(reason);
});

test.each(["*/15 * * * *", "0 3 * * *", "0 3 29 2 *", "0 9 * * MON-FRI", "30 4 1,15 * *", "0 9 L * *", "@weekly"])(
  "%j is taken",
  (cron) => {
    expect(problemOfCron(cron)).toBeUndefined();
  },
);

test("time zones are known by their names", () => {
  expect(["UTC", "Europe/Berlin", "America/Argentina/Ushuaia"].map(isTimeZone)).toEqual([true, true, true]);
  expect(["Mars/Base", "", "Europe"].map(isTimeZone)).toEqual([false, false, false]);
});
