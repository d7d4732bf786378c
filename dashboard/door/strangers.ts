/**
 * How often GitHub is asked about strangers. Anybody with an account there may sign in, and each question about them is taken from the requests that
 * tasks need; so people who have never been seen to have any right share a bound, and those who have are not counted.
 */

/** Questions about all strangers together, within an hour; an installation has 5,000 requests (GitHub's docs, rate limits for the REST API). */
const MOST = 600;
const HOUR_MS = 3600_000;
/** How long somebody is remembered who had a right, and how many of them. */
const KNOWN_MS = 7 * 24 * HOUR_MS;
const MOST_KNOWN = 20_000;

export type Strangers = {
  /** Whether GitHub may be asked about this person now; counts the question. */
  mayAsk(person: number): boolean;
  /** Is no stranger any more. */
  welcome(person: number): void;
};

export function makeStrangers(now: () => number): Strangers {
  const known = new Map<number, number>();
  let since = Number.NEGATIVE_INFINITY;
  let asked = 0;
  return {
    mayAsk(person) {
      const at = now();
      if ((known.get(person) ?? 0) > at) return true;
      // A clock that was set back begins anew, too.
      if (at < since || at - since >= HOUR_MS) [since, asked] = [at, 0];
      asked += 1;
      return asked <= MOST;
    },
    welcome(person) {
      known.delete(person);
      known.set(person, now() + KNOWN_MS);
      const [oldest] = known.keys();
      if (known.size > MOST_KNOWN && oldest !== undefined) known.delete(oldest);
    },
  };
}
