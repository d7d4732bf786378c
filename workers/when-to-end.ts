/** When a worker host ends, and how: by a signal, or told by Redis from another machine. */
import type { Redis } from "ioredis";
import type { Logger } from "../src/log.ts";
import { keys } from "../src/task/keys.ts";

/** `orch drain HOST`, from whichever machine, is the same as the signal. */
export async function drainWhenTold(subscriber: Redis, id: string): Promise<void> {
  let told = false;
  subscriber.on("message", (channel, host) => {
    if (told || channel !== keys.drain || host !== id) return;
    // It may be told again before it can answer, and a second signal would end it at once.
    told = true;
    process.kill(process.pid, "SIGUSR2");
  });
  await subscriber.subscribe(keys.drain);
}

/** Leaves its agents to its next life, or takes no new work and ends with its last run. */
export type Ending = "handOver" | "drain";

/** `chosenEnd`: notes that this end was chosen, and is no crash. A second signal ends the host at once. */
export function onFirstSignal(finish: (how: Ending) => Promise<void>, chosenEnd: () => void, log: Logger): void {
  let stopping = false;
  const endAtOnce = (code: number) => {
    chosenEnd();
    process.exit(code);
  };
  const on = (signal: NodeJS.Signals, how: Ending) =>
    process.on(signal, () => {
      if (stopping) endAtOnce(130);
      stopping = true;
      finish(how).catch((error: unknown) => {
        log.error({ err: error }, "the host could not stop in order");
        endAtOnce(1);
      });
    });
  on("SIGTERM", "handOver");
  on("SIGINT", "handOver");
  on("SIGUSR2", "drain");
}
