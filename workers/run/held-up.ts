/**
 * Says on GitHub that a run is held up by GitHub's git, since when, and in the end that it is not any more. A Redis that is away
 * costs the word of it, never the run.
 */
import { type Deed, type TryAgainOptions, tryAgain } from "../workspace/try-again.ts";
import type { Run, Shared } from "./run.ts";

/** `tryAgain`, with a word to people where that takes long. */
export async function tryAgainTelling<T>(
  shared: Pick<Shared, "store">,
  run: Run,
  deed: Deed<T>,
  options: TryAgainOptions,
): Promise<T> {
  let isTold = false;
  const onHeldUp = (since: number) => {
    isTold = true;
    say(shared, run, since);
  };
  const done = await tryAgain(deed, { ...options, onHeldUp });
  if (isTold) say(shared, run, false);
  return done;
}

/** Nobody waits for it. Said in order, as the store's commands go over one connection. */
function say({ store }: Pick<Shared, "store">, run: Run, heldUpSince: number | false): void {
  const news = { name: "progress" as const, progress: { heldUpSince }, epoch: run.folder.record.epoch, at: Date.now() };
  store
    .advance(run.task.spec.id, news)
    .catch((error: unknown) => run.log.debug({ err: error }, "it is not told that GitHub's git holds the run up"));
}
