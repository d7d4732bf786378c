/**
 * Which events of GitHub's delivery log never arrived, and when each is due to be asked for again. Pure. All times are
 * Unix ms by GitHub's clock.
 */

/** One attempt at a delivery. A delivery keeps its GUID when it is repeated. */
export type Attempt = {
  /** A 64-bit number: as text, nothing is lost of it. */
  id: string;
  guid: string;
  /** Event and action, e.g. `issue_comment.created`, or `push`. */
  name: string;
  at: number;
  /** Answered with a 2xx. */
  arrived: boolean;
};

export type Missed = Pick<Attempt, "guid" | "name"> & {
  /** Of the last attempt. */ id: string;
  firstAt: number;
  lastAt: number;
};

/** How often we have asked for a delivery, and when for the last time. `restarts`: how often besides, because a bot ended meanwhile. */
export type Asked = { times: number; at: number; restarts?: number | undefined };

export type Patience = {
  /** When this bot started: what was tried before that is not on its way to it any more. */
  startedAt: number;
  /** GitHub may still be busy with an attempt that is younger, ms. */
  minAgeMs: number;
};

/** The waits before the first, the second and the last time that we ask, ms. */
const WAITS = [0, 15 * 60_000, 3 * 3600_000] as const;
export const MAX_ASKED = WAITS.length;
/** How often we ask besides because a bot ended meanwhile: often enough for a bad hour, seldom enough for a delivery of which bots die. */
export const MAX_RESTARTS = 3;

/**
 * The events that we hear and no attempt brought. Oldest first, as the attempts must be: GitHub's times are whole seconds. Pushes,
 * of which there are many and for which nobody waits, stand behind all others.
 */
export function missedOf(attempts: readonly Attempt[], hears: (name: string) => boolean): Missed[] {
  const heard = attempts.filter((attempt) => hears(attempt.name));
  const byGuid = Map.groupBy(heard, (attempt) => attempt.guid);
  const missed = [...byGuid.values()].filter((all) => !all.some((attempt) => attempt.arrived)).flatMap(summary);
  return missed.toSorted((one, other) => Number(isPush(one)) - Number(isPush(other)));
}

const isPush = ({ name }: Missed): boolean => name === "push";

function summary(attempts: readonly Attempt[]): Missed[] {
  const [first, last] = [attempts.at(0), attempts.at(-1)];
  if (!first || !last) return [];
  return [{ guid: last.guid, name: last.name, id: last.id, firstAt: first.at, lastAt: last.at }];
}

/** When to ask for it; undefined when that has been done often enough. */
export function dueAt(missed: Missed, asked: Asked | undefined, patience: Patience): number | undefined {
  const { lastAt } = missed;
  const { startedAt, minAgeMs } = patience;
  if (asked === undefined) return lastAt < startedAt ? lastAt : lastAt + minAgeMs;
  if (wasCutOff(missed, asked, patience)) return lastAt;
  const wait = WAITS[asked.times];
  return wait === undefined ? undefined : Math.max(asked.at + wait, lastAt + minAgeMs);
}

/** What is noted down when it is asked for now. */
export function askedNow(missed: Missed, asked: Asked | undefined, patience: Patience, now: number): Asked {
  if (asked === undefined) return { times: 1, at: now };
  if (wasCutOff(missed, asked, patience)) return { ...asked, at: now, restarts: (asked.restarts ?? 0) + 1 };
  return { ...asked, times: asked.times + 1, at: now };
}

/** What was asked for came while no bot listened, or to one that ended before it had answered: no sign that waiting would help. */
const wasCutOff = ({ lastAt }: Missed, { at, restarts = 0 }: Asked, { startedAt }: Patience): boolean =>
  lastAt < startedAt && at < startedAt && restarts < MAX_RESTARTS;
