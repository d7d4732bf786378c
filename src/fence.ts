/**
 * Whoever has taken something from a due set speaks to GitHub from behind a fence. Right before each change is sent, a clock
 * that nobody sets says whether what was taken is still theirs; somebody who was frozen past that writes nothing. After each
 * change it is looked at again: what was on its way while its sender froze may have put something old over something new.
 *
 * A change without an answer may be carried out later, also after it was repeated. That is told to whoever looks again.
 */
import type { GitHub } from "./github.ts";
import { NoLongerTaken, type Taken } from "./task/due-set.ts";

/** Asked for each change that is about to be sent to GitHub. */
export type Fence = {
  /** Resolves when the change may be sent at once; throws when it may not. */
  before(): Promise<void>;
  /** `answered`: GitHub has said what became of the change. Throws when it was not ours to make by then. */
  after(answered: boolean): Promise<void>;
};

/** A renewal that is older is made anew before something is changed, ms. */
const FRESH_MS = 1_000;
/** Freezing again and again between the renewal and its answer: that is not ours any more. */
const MAX_RENEWALS = 3;

type FenceOptions = {
  /** Unix ms. */
  now: () => number;
  /** A change was sent, and nobody can tell whether it has an effect yet. */
  onUnanswered: () => Promise<void>;
};

export function fenceOf(taken: Taken, { now, onUnanswered }: FenceOptions): Fence {
  return {
    async before() {
      for (let renewal = 0; taken.sinceRenewalMs() > FRESH_MS; renewal++) {
        if (renewal === MAX_RENEWALS) throw new NoLongerTaken(taken.member);
        await taken.keep(now());
      }
    },
    async after(answered) {
      if (!answered) await onUnanswered();
      if (!taken.isHeld()) await taken.keep(now());
    },
  };
}

/** GitHub for whoever has taken something: each client asks before its first word, and each change is fenced. */
export function fenced(github: GitHub, taken: Taken, options: FenceOptions): GitHub {
  const fence = fenceOf(taken, options);
  const forInstallation = async (id: number) => {
    await taken.keep(options.now());
    return await github.forInstallation(id, fence);
  };
  return { ...github, forInstallation };
}
