import { type Job, Queue, Worker } from "bullmq";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { FENCE_MS, LOCK_MS } from "../../../src/task/queue.ts";
import { connectBlockingRedis } from "../../../src/task/redis.ts";
import { lostLease, makeLease, regainLease, renewLeases } from "../../../workers/run/lease.ts";
import { startRedis } from "../../support/redis.ts";

describe("the lease on a run", () => {
  let server: Awaited<ReturnType<typeof startRedis>>;
  let redis: ReturnType<typeof connectBlockingRedis>;
  let queue: Queue;
  let worker: Worker;
  let job: Job;

  beforeAll(async () => {
    server = await startRedis();
    redis = connectBlockingRedis(server.url, "test");
    queue = new Queue("lease", { connection: redis, defaultJobOptions: { removeOnComplete: true } });
    worker = new Worker("lease", null, { connection: redis, autorun: false, lockDuration: LOCK_MS });
  });
  beforeEach(async () => {
    await queue.add("task", {});
    job = (await worker.getNextJob("host-a")) as Job;
  });
  afterAll(async () => {
    await worker.close(true);
    await queue.close();
    redis.disconnect();
    await server.stop();
  });

  test("is held from the hand-over, renewed with the host's own token, and ends with the job", async () => {
    let now = 0;
    const lease = makeLease(job, "host-a", now, () => now);
    now = FENCE_MS;
    expect(lease.isHeld()).toBe(false);
    await renewLeases({ worker, token: "host-a" }, [lease], () => now);
    expect(lease.isHeld()).toBe(true);
    await lease.complete();
    expect(await job.getState()).not.toBe("active");
  });

  test("another life of the same host goes on with the same lock", async () => {
    makeLease(job, "host-a", 0).release();
    let now = 0;
    const next = makeLease(job, "host-a", now, () => now);
    now = FENCE_MS;
    await renewLeases({ worker, token: "host-a" }, [next], () => now);
    expect(next.isHeld()).toBe(true);
    next.release();
  });

  test("a lock that somebody else has is lost at once, and what is under way is stopped", async () => {
    let now = 0;
    const lease = makeLease(job, "host-b", now, () => now);
    const signal = lease.signal();
    now = 10_000;
    await renewLeases({ worker, token: "host-b" }, [lease], () => now);
    expect(lease.isHeld()).toBe(false);
    expect(signal.aborted).toBe(true);
  });

  test("all leases of a host are renewed in one request, and only the lost one of them is lost", async () => {
    await queue.add("task", {});
    const other = (await worker.getNextJob("somebody-else")) as Job;
    let now = 0;
    const [mine, lost, fresh] = [job, other, job].map((each) => makeLease(each, "host-a", now, () => now));
    now = FENCE_MS;
    fresh?.renewed(now);
    let requests = 0;
    const counted = {
      extendJobLocks(...asked: Parameters<typeof worker.extendJobLocks>) {
        requests += 1;
        expect(asked[0]).toEqual([job.id, other.id]);
        return worker.extendJobLocks(...asked);
      },
    };
    await renewLeases(
      { worker: counted, token: "host-a" },
      [mine, lost, fresh].filter((each) => each !== undefined),
      () => now,
    );
    expect([mine?.isHeld(), lost?.isHeld(), fresh?.isHeld(), requests]).toEqual([true, false, true, 1]);
  });

  test("without an answer from Redis the host fences itself, long before the lock runs out", async () => {
    let now = 0;
    const lease = makeLease(job, "host-a", now, () => now);
    now = FENCE_MS - 1;
    expect(lease.isHeld()).toBe(true);
    now = FENCE_MS;
    expect(lease.isHeld()).toBe(false);
    expect(FENCE_MS).toBeLessThan(LOCK_MS);
    await renewLeases({ worker, token: "host-a" }, [lease], () => now); // Redis answers again, and the lock is still ours
    expect(lease.isHeld()).toBe(true);
    lease.release();
  });

  describe("lost", () => {
    const run = () => ({ taskId: "t", epoch: 1, jobId: job.id ?? "" });
    const lockKey = () => `${worker.toKey(job.id ?? "")}:lock`;
    const locker = (token: string) => ({ worker, redis, token });

    test.each(["active", "waiting"])("is ours again while its job is %s and nobody has it", async (where) => {
      await redis.del(lockKey());
      if (where === "waiting") {
        await redis.lrem(worker.toKey("active"), 1, job.id ?? "");
        await redis.rpush(worker.toKey("wait"), job.id ?? "");
      }
      const lease = await regainLease(locker("host-a"), run());
      expect([lease?.isHeld(), await redis.get(lockKey()), await job.getState()]).toEqual([true, "host-a", "active"]);
      await lease?.complete();
      expect(await job.getState()).toBe("unknown");
    });

    test("stays with the host that has its job by now", async () => {
      expect(await regainLease(locker("host-b"), run())).toBeUndefined();
      expect(await redis.get(lockKey())).toBe("host-a");
    });

    test("comes with the job that replaces a lost one", async () => {
      await job.remove({ removeChildren: false }).catch(() => undefined);
      await redis.del(lockKey(), worker.toKey(job.id ?? ""));
      expect(await regainLease(locker("host-a"), run())).toBeUndefined();
      await queue.add("task", {}, { jobId: "t-2" });
      const lease = await regainLease(locker("host-a"), run());
      expect(lease?.job).toBe("t-2");
      await lease?.complete();
    });
  });

  test("a run without a job holds nothing", async () => {
    const lease = lostLease();
    expect(lease.isDue()).toBe(false);
    expect(lease.isHeld()).toBe(false);
    expect(lease.signal().aborted).toBe(true);
  });
});
