/** Publishes within the deadline for that, and waits meanwhile for what passes by itself: a bot or GitHub that is away, a disk that is full. */
import { setTimeout as delay } from "node:timers/promises";
import { isDiskFull } from "../disk/free-space.ts";
import { duringDeed } from "./deed.ts";
import { obstacleIn } from "./outcome-of-error.ts";
import { type Published, publishWork, type Source, type ToPublish } from "./publish-work.ts";
import { type Run, type Shared, throwIfInterrupted } from "./run.ts";

const DISK_RETRY_MS = 2_000;

/** Bot and GitHub may both be away: the wait for them has a deadline too. */
export async function publishInTime(shared: Shared, run: Run, source: Source, work: ToPublish): Promise<Published> {
  const afterMs = shared.operator.limits.publishingMinutes * 60_000;
  const deadline = AbortSignal.timeout(afterMs);
  const publishing = () => publishWork(shared, run, source, { ...work, deadline });
  try {
    return await whenThereIsRoom(run, deadline, () => duringDeed(run.folder, "publish", publishing));
  } catch (error) {
    throwIfInterrupted(run);
    if (!deadline.aborted) throw error;
    const lastLines = run.spoken.lastLines();
    const missed = { deadline: "publishing" as const, afterMs, ...obstacleIn(error) };
    return { kind: "refused", outcome: { kind: "timed_out", ...missed, lastLines } };
  }
}

/** Publishing can be repeated, and a disk is full only for as long as nobody cleans up: the host itself does. */
async function whenThereIsRoom<T>(run: Run, deadline: AbortSignal, deed: () => Promise<T>): Promise<T> {
  const signal = AbortSignal.any([run.signal, deadline]);
  for (;;) {
    try {
      return await deed();
    } catch (error) {
      if (!isDiskFull(error) || signal.aborted) throw error;
      run.log.warn({ err: error }, "no room on the disk to publish: trying again");
      await delay(DISK_RETRY_MS, undefined, { signal });
    }
  }
}
