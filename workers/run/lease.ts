/**
 * A run's lease is its job's lock. The host renews it with its own token, which survives the host's restart, and
 * measures each renewal on the monotonic clock from before the request was sent. When the last good one is too old the
 * lease counts as lost (self-fence): no effect starts any more, long before another host can get the job. It never
 * relies on Redis or BullMQ to be told so.
 */
import { Job, type Worker } from "bullmq";
import { FENCE_MS, LOCK_MS } from "../../src/task/queue.ts";
import type { RunIdentity } from "../bot-client.ts";
import { type Locker, lockAgain } from "./job-lock.ts";
import type { Run } from "./run.ts";

export type Lease = {
  /** The job's id. */
  job: string;
  /** The last good renewal is some time ago. */
  isDue(): boolean;
  /** What a renewal came to; `sentAt`: monotonic, ms, from before it was asked for. */
  renewed(sentAt: number): void;
  lose(): void;
  /** True while effects may start. */
  isHeld(): boolean;
  /** Aborted at the self-fence, so that what is under way stops too. A renewal in time makes a new signal. */
  signal(): AbortSignal;
  /** Ends the lease and the job. */
  complete(): Promise<void>;
  release(): void;
};

/** A renewal may fail twice, a beat apart, before the fence. */
const RENEW_AFTER_MS = 8_000;

/** The lease of a run whose job is gone or taken: nothing may start until the run has a new one. */
export function lostLease(): Lease {
  return {
    job: "",
    isDue: () => false,
    renewed: () => undefined,
    lose: () => undefined,
    isHeld: () => false,
    signal: () => AbortSignal.abort(new Error("The lease on this run is lost")),
    complete: async () => undefined,
    release: () => undefined,
  };
}

/** `sentAt`: monotonic, ms, from before the lock was asked for. */
export function makeLease(job: Job, token: string, sentAt: number, now: () => number = () => performance.now()): Lease {
  let renewedAt = sentAt;
  let gone = false;
  let fence = new AbortController();
  let timer: NodeJS.Timeout | undefined;

  const arm = () => {
    clearTimeout(timer);
    timer = setTimeout(
      () => fence.abort(new Error("The lease on this run could not be renewed")),
      renewedAt + FENCE_MS - now(),
    );
    timer.unref();
  };
  arm();

  return {
    job: job.id ?? "",
    isDue: () => !gone && now() - renewedAt >= RENEW_AFTER_MS,
    renewed(at) {
      renewedAt = at;
      if (fence.signal.aborted) fence = new AbortController();
      arm();
    },
    lose() {
      gone = true;
      fence.abort(new Error("The lease on this run is lost"));
    },
    isHeld: () => !gone && now() - renewedAt < FENCE_MS,
    signal: () => fence.signal,
    async complete() {
      clearTimeout(timer);
      await job.moveToCompleted(undefined, token, false);
    },
    release: () => clearTimeout(timer),
  };
}

/** The lease of a run that goes on here, whatever became of its lock meanwhile; undefined when it cannot be had (again). */
export async function regainLease(locker: Locker, run: RunIdentity & { jobId: string }): Promise<Lease | undefined> {
  const sentAt = performance.now();
  const id = await lockAgain(locker, run, LOCK_MS);
  const job = id === undefined ? undefined : await Job.fromId(locker.worker, id);
  return job && makeLease(job, locker.token, sentAt);
}

/** The lock was lost and is ours again: the agent never stopped, and its run goes on. */
export function regained(run: Run, lease: Lease): void {
  run.lease.release();
  run.lease = lease;
  run.log.info("lock regained; the agent was not disturbed");
}

/**
 * Renews the leases that are due, all in one request; called with every beat, so that a failed one is tried again soon.
 * Throws when Redis does not answer: nothing is lost by that, the fence stands.
 */
export async function renewLeases(
  { worker, token }: { worker: Pick<Worker, "extendJobLocks">; token: string },
  leases: readonly Lease[],
  now: () => number = () => performance.now(),
): Promise<void> {
  const due = leases.filter((lease) => lease.isDue());
  if (due.length === 0) return;
  const sentAt = now();
  const tokens = due.map(() => token);
  const refused = await worker.extendJobLocks(
    due.map(({ job }) => job),
    tokens,
    LOCK_MS,
  );
  for (const lease of due) {
    if (refused.includes(lease.job)) lease.lose();
    else lease.renewed(sentAt);
  }
}
