/** What an agent is to work on, prepared within the deadline for that, or what became of the run instead. */
import { setTimeout as delay } from "node:timers/promises";
import type { Outcome } from "../../src/task/outcome.ts";
import { duringDeed } from "./deed.ts";
import { type Ground, preparedGround } from "./ground.ts";
import { isFinal, obstacleIn } from "./outcome-of-error.ts";
import { prepare } from "./prepare/prepare.ts";
import { type Run, type Shared, throwIfInterrupted, whenAborted } from "./run.ts";

const PREPARE_ATTEMPTS = 3;
const PREPARE_RETRY_MS = 3_000;
const SOON_MS = 1_000;

/** The workspace, within the deadline for preparing. What is the host's own trouble gets a few tries before it counts. */
export async function findGround(shared: Shared, run: Run): Promise<Ground | Outcome> {
  const { prepared } = run.folder.record;
  if (prepared && run.folder.record.steps.length > 0) return preparedGround(shared, run, prepared);
  const afterMs = shared.operator.limits.preparingMinutes * 60_000;
  const deadline = AbortSignal.timeout(afterMs);
  const signal = AbortSignal.any([run.signal, deadline]);
  for (let attempt = 1; ; attempt++) {
    const preparing = duringDeed(run.folder, "prepare", () => prepare(shared, run, signal));
    run.underWay = preparing.catch(() => undefined);
    try {
      return await Promise.race([preparing, whenAborted(signal)]);
    } catch (error) {
      throwIfInterrupted(run);
      if (deadline.aborted) {
        const obstacle = obstacleIn(await soonRejected(preparing));
        return { kind: "timed_out", deadline: "preparing", afterMs, ...obstacle, lastLines: "" };
      }
      await run.underWay;
      if (isFinal(error) || attempt === PREPARE_ATTEMPTS) throw error;
      run.log.warn({ err: error, attempt }, "preparing failed; trying again");
      await delay(PREPARE_RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** What is given up at its deadline says soon why it had not come that far; undefined when it does not. */
function soonRejected(underWay: Promise<unknown>): Promise<unknown> {
  const reason = underWay.then(
    () => undefined,
    (error: unknown) => error,
  );
  return Promise.race([reason, delay(SOON_MS)]);
}
