/**
 * One sandbox's questions to the resolver. Each occupies one of the resolver's threads until it is answered, which takes
 * half a minute and more where a name server is silent, and an agent can ask for the names of such a server. So a sandbox
 * has few of the threads at most, and only so many who wait for one.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Machine } from "./judge.ts";

/** There are threads for 16 sandboxes that use all of theirs: the resolver gets half of UV_THREADPOOL_SIZE (network.ts). */
const AT_ONCE = 4;
const MAX_WAITING = 256;
/** The system's own time-outs add up to half a minute and more; ms. */
const WITHIN_MS = 15_000;

type LookUp = Machine["lookUp"];

export function shareOf(
  lookUp: LookUp,
  { atOnce = AT_ONCE, maxWaiting = MAX_WAITING, withinMs = WITHIN_MS } = {},
): LookUp {
  const inTurn = takingTurns(lookUp, atOnce, maxWaiting);
  return async (name) => {
    const timer = new AbortController();
    const late = delay(withinMs, undefined, { signal: timer.signal }).then(() => {
      throw new Error(`the name servers did not answer within ${withinMs / 1_000} s`);
    });
    try {
      return await Promise.race([inTurn(name), late]);
    } finally {
      timer.abort();
    }
  };
}

/** A turn ends with the answer, not with the patience of who asked: until then the thread is taken. */
function takingTurns(lookUp: LookUp, atOnce: number, maxWaiting: number): LookUp {
  let free = atOnce;
  const waiting: (() => void)[] = [];
  return async (name) => {
    if (free > 0) free -= 1;
    else if (waiting.length >= maxWaiting) throw new Error("this sandbox asks for too many names at once");
    else await new Promise<void>((go) => waiting.push(go));
    try {
      return await lookUp(name);
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
