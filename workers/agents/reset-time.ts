/**
 * When a service takes requests again, by the words in which it, or the program, says so. Times of day are read in the zone that
 * is named beside them, else as UTC; a time of day that has passed is that of the next day.
 */
import { cutStart } from "../../src/text/bound.ts";

const UNIT_MS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const READ_AT_MOST = 4_000;

const AMOUNT = String.raw`\d+(?:\.\d+)?\s*(?:ms|milliseconds?|s(?:ec(?:ond)?s?)?|m(?:in(?:ute)?s?)?|h(?:(?:ou)?rs?)?|d(?:ays?)?)\b`;
const SPAN = String.raw`((?:${AMOUNT}[\s,]*(?:and\s+)?)+)`;
const SPACELESS = String.raw`((?:\d+(?:\.\d+)?(?:ms|[smhd]))+)\b`;

/** `retry in 41.5s`, `try again in 2 days 3 hours`, `reset after 2h30m5s`, `"retryDelay": "41s"`. */
const IN = new RegExp(
  String.raw`(?:(?:retry|again|resets?|available|refresh(?:es)?)\s+(?:in|after)|retryDelay"?\s*[:=])\s*"?(?:${SPACELESS}|${SPAN})`,
  "gi",
);
/** `retry-after: 1800`, in seconds. */
const RETRY_AFTER = /retry[-_ ]after"?\s*[:=]\s*"?(\d{1,7})(?![\d.]|\s*[smhd]\b)/gi;
/** `limit reached|1764242400`: Unix seconds. */
const UNIX = /limit reached\|(\d{10})\b/gi;
/** An ISO time after a word that says what it is. */
const ISO =
  /(?:resets?|again|until|available)\D{0,20}(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d))/gi;
/** `resets 3:45pm (Europe/Berlin)`, `resets at 15:00`. */
const CLOCK = /(?:resets?|again)\s+(?:at\s+)?(\d{1,2})(?::(\d\d))?\s*([ap]m)?\b(?:\s*\(([A-Za-z_/+-]+\d*)\))?/gi;

/** Unix ms; undefined where no time is told. Of several the last one counts. `now`: Unix ms, when it was said. */
export function resetTimeIn(text: string, now: number): number | undefined {
  const read = cutStart(text, READ_AT_MOST);
  const last = (pattern: RegExp) => [...read.matchAll(pattern)].at(-1);
  const unix = last(UNIX);
  if (unix) return Number(unix[1]) * 1_000;
  const iso = last(ISO);
  if (iso?.[1]) return validTime(Date.parse(iso[1]));
  const seconds = last(RETRY_AFTER);
  if (seconds) return now + Number(seconds[1]) * 1_000;
  const span = last(IN);
  if (span) return now + spanMs(span[1] ?? span[2] ?? "");
  const clock = last(CLOCK);
  return clock && clockTime(clock, now);
}

function spanMs(text: string): number {
  return [...text.matchAll(/(\d+(?:\.\d+)?)\s*(ms|milli|[smhd])/gi)].reduce((sum, [, amount, unit = "s"]) => {
    const name = unit.toLowerCase();
    return sum + Number(amount) * (UNIT_MS[name === "milli" ? "ms" : name] ?? 0);
  }, 0);
}

const validTime = (time: number): number | undefined => (Number.isNaN(time) ? undefined : time);

const DAY_MS = 86_400_000;

function clockTime([, hour = "", minute = "0", half, zone = "UTC"]: RegExpMatchArray, now: number): number | undefined {
  // A number without minutes or half of the day is no time of day.
  if (half === undefined && minute === "0") return undefined;
  const hours = half === undefined ? Number(hour) : (Number(hour) % 12) + (half.toLowerCase() === "pm" ? 12 : 0);
  const offset = zoneOffset(zone, now);
  if (hours > 23 || Number(minute) > 59 || offset === undefined) return undefined;
  const there = now + offset;
  const at = there - (there % DAY_MS) + (hours * 60 + Number(minute)) * 60_000 - offset;
  return at > now ? at : at + DAY_MS;
}

/** How far the clocks of a zone are ahead of UTC, ms; undefined of a zone that is unknown. */
function zoneOffset(zone: string, now: number): number | undefined {
  try {
    const parts = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    }).formatToParts(now);
    const of = (type: string) => Number(parts.find((part) => part.type === type)?.value);
    const local = Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second"));
    return local - (now - (now % 1_000));
  } catch {
    return undefined; // not a zone's name
  }
}
