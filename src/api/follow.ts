/** Waiting for a task: each change of it, or the moment in which it is as somebody wants it. Throws Problem. */
import type { AskedTask } from "./asked.ts";
import { Problem } from "./problem.ts";
import type { TaskAnswer } from "./task-answer.ts";
import type { Caller } from "./tokens.ts";
import type { Watch } from "./watch.ts";

export type FollowDeps = {
  watch: Watch;
  own: (caller: Caller, id: string) => Promise<AskedTask>;
  look: (caller: Caller, id: string) => Promise<TaskAnswer>;
  /** Whether its token is still good: a call may last for hours. */
  isGood: (caller: Caller) => Promise<boolean>;
};

/** Whoever waits looks by itself so often, ms: messages get lost. */
export const LOOK_MS = 5_000;

/** In `says` time passes by itself: that is no change. */
const withoutTime = ({ says: _, ...task }: TaskAnswer): string => JSON.stringify(task);

export function makeFollowing({ watch, own, look, isGood }: FollowDeps) {
  /** How it stands, again with every change, until it is over or the caller is gone. */
  async function* follow(caller: Caller, id: string, signal: AbortSignal): AsyncGenerator<TaskAnswer, void, undefined> {
    const { request } = await own(caller, id);
    let told = "";
    while (!signal.aborted) {
      const news = watch.next([id, request], LOOK_MS, signal);
      if (!(await isGood(caller))) throw new Problem("unauthorized", "Your token was taken away.");
      const answered = await look(caller, id);
      const text = withoutTime(answered);
      if (text !== told) yield answered;
      if (answered.over) return;
      told = text;
      await news;
    }
  }

  /** As it is when it is `ready`, or after so many ms. */
  async function waitFor(
    caller: Caller,
    id: string,
    { ms, ready, signal }: { ms: number; ready: (task: TaskAnswer) => boolean; signal: AbortSignal },
  ): Promise<TaskAnswer> {
    const both = AbortSignal.any([signal, AbortSignal.timeout(ms)]);
    for await (const answered of follow(caller, id, both)) if (ready(answered)) return answered;
    return await look(caller, id);
  }

  return { follow, waitFor };
}
