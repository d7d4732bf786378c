/**
 * What is known of agents' work, as a bot has it at hand: read anew from its history at most once a minute, while somebody asks. Nobody who
 * dispatches waits for a disk: but for the first time, what was known before is given at once.
 */
import type { ArmCounts } from "../history/arms.ts";
import type { Logger } from "../log.ts";

/** Undefined: nobody can say. Never throws. */
export type ArmSource = () => Promise<readonly ArmCounts[] | undefined>;

const FRESH_MS = 60_000;
/** What could not be read anew for so long counts as not known. */
const STALE_MS = 15 * 60_000;
/** So long the first one waits. */
const FIRST_MS = 1_000;

type Deps = { read: (now: number) => Promise<readonly ArmCounts[]>; now: () => number; log: Logger };

export function makeArmSource({ read, now, log }: Deps): ArmSource {
  let known: { counts: readonly ArmCounts[]; at: number } | undefined;
  let triedAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> = Promise.resolve();

  async function renew(at: number): Promise<void> {
    try {
      known = { counts: await read(at), at };
    } catch (error) {
      log.warn({ err: error }, "what is known of agents' work cannot be read: agents are not chosen by it");
    }
  }

  return async () => {
    const at = now();
    if (at - triedAt >= FRESH_MS) {
      triedAt = at;
      reading = renew(at);
    }
    if (!known) await atMost(reading, FIRST_MS);
    return known && at - known.at < STALE_MS ? known.counts : undefined;
  };
}

async function atMost(work: Promise<void>, ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([work, promise]);
  clearTimeout(timer);
}
