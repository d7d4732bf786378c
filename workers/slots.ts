/** The slots of a host: which are free, and the runs that have the others. One run per task, one run per slot. */
import { endBeats } from "../src/task/heartbeat.ts";
import type { Run, Shared } from "./run/run.ts";
import { runTask } from "./run/run-task.ts";
import type { SlotUser } from "./sandbox/sandbox.ts";

export type Slots = {
  /** A free slot, or the one of this number if it is free: the caller's from now on. */
  take(slot?: number): SlotUser | undefined;
  putBack(user: SlotUser): void;
  /** Resolves once a slot is free, or `wake` is called. */
  whenFree(): Promise<void>;
  wake(): void;
  /** Carries a run out, in the slot that it has; the slot is free again when the run has ended. */
  begin(run: Run): void;
  run(taskId: string): Run | undefined;
  runs(): Run[];
  /** Resolves when the task has no run here any more. */
  ended(taskId: string): Promise<void>;
  /** Resolves when every run has ended. */
  allEnded(): Promise<void>;
};

export function makeSlots(shared: Shared, users: readonly SlotUser[]): Slots {
  const free = [...users];
  const busy = new Map<string, { run: Run; end: Promise<void> }>();
  let news = Promise.withResolvers<void>();

  function putBack(user: SlotUser): void {
    free.push(user);
    news.resolve();
  }

  async function finish(run: Run): Promise<void> {
    const taskId = run.task.spec.id;
    run.lease.release();
    busy.delete(taskId);
    putBack(run.user);
    await endBeats(shared.redis, [taskId]).catch((error: unknown) =>
      shared.log.debug({ err: error }, "beat not ended"),
    );
  }

  return {
    take(slot) {
      const index = slot === undefined ? 0 : free.findIndex((user) => user.slot === slot);
      return index < 0 ? undefined : free.splice(index, 1)[0];
    },
    putBack,
    async whenFree() {
      if (free.length > 0) return;
      news = Promise.withResolvers();
      await news.promise;
    },
    wake: () => news.resolve(),
    begin(run) {
      const end = runTask(shared, run)
        .catch((error: unknown) => run.log.error({ err: error }, "the run broke off"))
        .then(() => finish(run));
      busy.set(run.task.spec.id, { run, end });
    },
    run: (taskId) => busy.get(taskId)?.run,
    runs: () => [...busy.values()].map(({ run }) => run),
    ended: (taskId) => busy.get(taskId)?.end ?? Promise.resolve(),
    async allEnded() {
      await Promise.all([...busy.values()].map(({ end }) => end));
    },
  };
}
