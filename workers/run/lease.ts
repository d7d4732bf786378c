/**
 * A run's lease is its job's lock. The host renews it with its own token, which survives the host's restart, and
 * measures each renewal on the monotonic clock from before the request was sent. When the last good one is too old the
 * lease counts as lost (self-fence): no effect starts any more, long before another host can get the job. It never
 * relies on Redis or BullMQ to be told so.
 */
import { Job } from "bullmq";
import { isSameLane, type Lane, laneName, runLane } from "../../src/task/lane.ts";
import { FENCE_MS, LOCK_MS } from "../../src/task/queue.ts";
import { carryOver, type JobPlace, type Locker, lockAgain } from "./job-lock.ts";
import type { Run } from "./run.ts";

export type Lease = {
  /** The job's id, and the lane in which it is. */
  job: string;
  lane: Lane | undefined;
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
    lane: undefined,
    isDue: () => false,
    renewed: () => undefined,
    lose: () => undefined,
    isHeld: () => false,
    signal: () => AbortSignal.abort(new Error("The lease on this run is lost")),
    complete: async () => undefined,
    release: () => undefined,
  };
}

/** A job that this host holds. `sentAt`: monotonic, ms, from before its lock was asked for. */
export type Held = { job: Job; lane: Lane | undefined; token: string; sentAt: number };

export function makeLease({ job, lane, token, sentAt }: Held, now: () => number = () => performance.now()): Lease {
  let renewedAt = sentAt;
  let gone = false;
  let fence = new AbortController();
  let timer: NodeJS.Timeout | undefined;

  const arm = () => {
    clearTimeout(timer);
    timer = setTimeout(
      () => fence.abort(new Error("The lease on this run could not be renewed")),
      Math.max(0, renewedAt + FENCE_MS - now()),
    );
    timer.unref();
  };
  arm();

  return {
    job: job.id ?? "",
    lane,
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
export async function regainLease(locker: Locker, run: JobPlace): Promise<Lease | undefined> {
  const sentAt = performance.now();
  const id = await lockAgain(locker, run, LOCK_MS);
  const { lanes, token } = locker;
  const job = id === undefined ? undefined : await Job.fromId(lanes.worker(laneName(run.lane)), id);
  return job && makeLease({ job, lane: run.lane, token, sentAt });
}

/** The same, also while the job waits for the task's home, wherever that is: it is carried over to where the jobs of runs are. */
export async function regainForRun(locker: Locker, run: JobPlace): Promise<Lease | undefined> {
  const to = runLane(run.lane);
  const id = isSameLane(run.lane, to) ? undefined : await lockAgain(locker, run, LOCK_MS);
  if (id !== undefined) await carryOver(locker, { id, from: run.lane, to });
  return await regainLease(locker, { ...run, lane: to });
}

/** The lock was lost and is ours again: the agent never stopped, and its run goes on. */
export function takeLeaseBack(run: Run, lease: Lease): void {
  run.lease.release();
  run.lease = lease;
  run.log.info("lock regained; the agent was not disturbed");
}

/**
 * Renews the leases that are due, those of a lane in one request; called with every beat, so that a failed one is tried again
 * soon. Throws when Redis does not answer: nothing is lost by that, the fence stands.
 */
export async function renewLeases(
  { lanes, token }: Pick<Locker, "lanes" | "token">,
  leases: readonly Lease[],
  now: () => number = () => performance.now(),
): Promise<void> {
  const due = Map.groupBy(
    leases.filter((lease) => lease.isDue()),
    ({ lane }) => laneName(lane),
  );
  const renewing = [...due].map(async ([name, inLane]) => {
    const sentAt = now();
    const jobs = inLane.map(({ job }) => job);
    const tokens = inLane.map(() => token);
    const refused = await lanes.worker(name).extendJobLocks(jobs, tokens, LOCK_MS);
    for (const lease of inLane) {
      if (refused.includes(lease.job)) lease.lose();
      else lease.renewed(sentAt);
    }
  });
  await Promise.all(renewing);
}
