/**
 * Brings what the agent says into the task record, the first words soon, then at most every two seconds: people read it in a
 * comment that is edited every ten. A Redis that is away costs progress, never the run.
 */

import { budgetOf } from "../budget.ts";
import { type Run, type Shared, tell } from "../run.ts";
import { networkUse } from "./step-outlet.ts";

const FIRST_MS = 200;
const EVERY_MS = 2_000;

export function makeProgressTeller(shared: Shared, run: Run): { changed(): void; close(): Promise<void> } {
  let timer: NodeJS.Timeout | undefined;
  let telling: Promise<unknown> = Promise.resolve();
  let closed = false;
  let told = false;

  const say = () => {
    timer = undefined;
    told = true;
    telling = telling.then(async () => {
      const { finish } = run.folder.record;
      const budget = budgetOf(shared, run);
      const progress = { ...run.spoken.progress(), network: networkUse(run.folder), finish, budget };
      const news = { name: "progress" as const, progress, at: Date.now() };
      return closed
        ? tell(shared, run, news, { inDoubt: "skip" })
        : shared.store
            .advance(run.task.spec.id, { ...news, epoch: run.folder.record.epoch })
            .catch((error: unknown) => run.log.debug({ err: error }, "progress not told"));
    });
  };
  return {
    changed() {
      if (!closed) timer ??= setTimeout(say, told ? EVERY_MS : FIRST_MS);
    },
    /** Tells what is left: the last words are the ones that matter. */
    async close() {
      closed = true;
      if (timer) {
        clearTimeout(timer);
        say();
      }
      await telling.catch((error: unknown) => run.log.warn({ err: error }, "the last progress is not told"));
    },
  };
}
