/**
 * Notices an agent that goes round in circles: it makes a call again that came to the same before, and in between nothing but
 * calls of which that is true as well. Whatever brings anything new (another call, another result) begins the count anew, so
 * that who runs the tests again after an edit, or reads a file again after it changed, is never taken for one. The same
 * events give the same answers: a restarted host that reads them again comes to the same.
 */
import type { ToolEvent } from "./event.ts";

/** So often the same, and people are told. */
export const TOLD_AT = 3;
/** So often, and it is stopped. */
export const STALLED_AT = 5;

/** How many different calls are remembered: an agent that comes back to an old one later has gone on in between. */
const REMEMBERED = 50;

/**
 * Calls that wait for something make no circle when they come again: an answer, a command in the background, the clock. What
 * waits for too long has deadlines of its own.
 */
const WAITING_TOOL = /(?:^|[_-])(?:ask|wait|inbox|poll|sleep)$|(?:Bash|Task)Output$/i;
const WAITING_COMMAND = /(?:^|[;&|(]|\b(?:do|then))\s*(?:sleep|wait|watch|inotifywait|tail\s+-\w*[fF])\b/;

/** Whether this call only waits, by its name and what it is about. */
export const onlyWaits = ({ name, summary }: Pick<ToolEvent, "name" | "summary">): boolean =>
  WAITING_TOOL.test(name) || WAITING_COMMAND.test(summary);

/** Told each event of one step in turn, says how often in a row its call has come to the same; 0 of what is no ended call. */
export function watchRepetition(): (event: ToolEvent) => number {
  const counts = new Map<string, number>();
  return (event) => {
    if (event.same === undefined || event.status === "started" || onlyWaits(event)) return 0;
    const key = `${event.name}\n${event.same}`;
    const known = counts.get(key);
    if (known === undefined) for (const each of counts.keys()) counts.set(each, 0);
    const times = (known ?? 0) + 1;
    counts.delete(key); // and to the end: the one that came longest ago is forgotten first
    counts.set(key, times);
    if (counts.size > REMEMBERED) counts.delete(counts.keys().next().value ?? key);
    return times;
  };
}
