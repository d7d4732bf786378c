import { type Job, Queue, type Worker } from "bullmq";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { bullKey } from "../../../src/task/lane-backend.ts";
import { FENCE_MS, LOCK_MS } from "../../../src/task/queue.ts";
import { connectBlockingRedis } from "../../../src/task/redis.ts";
import { type Lanes, openLanes } from "../../../workers/lanes.ts";
import { carryOver } from "../../../workers/run/job-lock.ts";
import { lostLease, makeLease, regainForRun, regainLease, renewLeases } from "../../../workers/run/lease.ts";
import { startRedis } from "../../support/redis.ts";

const lane = { agent: "claude" };
const LANE = "orch-agent-claude";

describe("the lease on a run", () => {
  let server: Awaited<ReturnType<typeof startRedis>>;
  let redis: ReturnType<typeof connectBlockingRedis>;
  let queue: Queue;
  let lanes: Lanes;
  let job: Job;

  beforeAll(async () => {
    server = await startRedis();
    redis = connectBlockingRedis(server.url, "test");
    queue = new Queue(LANE, { connection: redis, defaultJobOptions: { removeOnComplete: true } });
    lanes = openLanes(redis);
  });
  beforeEach(async () => {
    await queue.add("task", {});
    job = await next("host-a");
  });
  afterAll(async () => {
    await lanes.close();
    await queue.close();
    redis.disconnect();
    await server.stop();
  });

  const next = async (token: string) => (await lanes.worker(LANE).getNextJob(token, { block: false })) as Job;
  const leaseOn = (held: Job, token: string, now: () => number) =>
    makeLease({ job: held, lane, token, sentAt: now() }, now);

  test("is held from the hand-over, renewed with the host's own token, and ends with the job", async () => {
    let now = 0;
    const lease = leaseOn(job, "host-a", () => now);
    now = FENCE_MS;
    expect(lease.isHeld()).toBe(false);
    await renewLeases({ lanes, token: "host-a" }, [lease], () => now);
    expect(lease.isHeld()).toBe(true);
    await lease.complete();
    expect(await job.getState()).not.toBe("active");
  });

  test("another life of the same host goes on with the same lock", async () => {
    leaseOn(job, "host-a", () => 0).release();
    let now = 0;
    const next = leaseOn(job, "host-a", () => now);
    now = FENCE_MS;
    await renewLeases({ lanes, token: "host-a" }, [next], () => now);
    expect(next.isHeld()).toBe(true);
    next.release();
  });

  test("a lock that somebody else has is lost at once, and what is under way is stopped", async () => {
    let now = 0;
    const lease = leaseOn(job, "host-b", () => now);
    const signal = lease.signal();
    now = 10_000;
    await renewLeases({ lanes, token: "host-b" }, [lease], () => now);
    expect(lease.isHeld()).toBe(false);
    expect(signal.aborted).toBe(true);
  });

  test("all leases of a host are renewed in one request, and only the lost one of them is lost", async () => {
    await queue.add("task", {});
    const other = await next("somebody-else");
    let now = 0;
    const [mine, lost, fresh] = [job, other, job].map((each) => leaseOn(each, "host-a", () => now));
    now = FENCE_MS;
    fresh?.renewed(now);
    let requests = 0;
    const { extendJobLocks } = lanes.worker(LANE);
    vi.spyOn(lanes.worker(LANE), "extendJobLocks").mockImplementation(async function (this: Worker, ...asked) {
      requests += 1;
      expect(asked[0]).toEqual([job.id, other.id]);
      return await extendJobLocks.apply(this, asked);
    });
    await renewLeases(
      { lanes, token: "host-a" },
      [mine, lost, fresh].filter((each) => each !== undefined),
      () => now,
    );
    expect([mine?.isHeld(), lost?.isHeld(), fresh?.isHeld(), requests]).toEqual([true, false, true, 1]);
  });

  test("without an answer from Redis the host fences itself, long before the lock runs out", async () => {
    let now = 0;
    const lease = leaseOn(job, "host-a", () => now);
    now = FENCE_MS - 1;
    expect(lease.isHeld()).toBe(true);
    now = FENCE_MS;
    expect(lease.isHeld()).toBe(false);
    expect(FENCE_MS).toBeLessThan(LOCK_MS);
    await renewLeases({ lanes, token: "host-a" }, [lease], () => now); // Redis answers again, and the lock is still ours
    expect(lease.isHeld()).toBe(true);
    lease.release();
  });

  describe("lost", () => {
    const run = () => ({ taskId: "t", epoch: 1, jobId: job.id ?? "", lane });
    const lockKey = () => bullKey(LANE, `${job.id}:lock`);
    const locker = (token: string) => ({ lanes, redis, token });

    test.each(["active", "waiting"])("is ours again while its job is %s and nobody has it", async (where) => {
      await redis.del(lockKey());
      if (where === "waiting") {
        await redis.lrem(bullKey(LANE, "active"), 1, job.id ?? "");
        await redis.rpush(bullKey(LANE, "wait"), job.id ?? "");
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
      await redis.del(lockKey(), bullKey(LANE, job.id ?? ""));
      expect(await regainLease(locker("host-a"), run())).toBeUndefined();
      await queue.add("task", {}, { jobId: "t-2" });
      const lease = await regainLease(locker("host-a"), run());
      expect(lease?.job).toBe("t-2");
      await lease?.complete();
    });
  });

  describe("of a job that waited for the task's home", () => {
    const home = { agent: "claude", host: "a" };
    const HOME = "orch-host-a";
    const locker = (token: string) => ({ lanes, redis, token });
    const lockIn = (name: string, id: string) => redis.get(bullKey(name, `${id}:lock`));
    const leftOver = async (id: string) => await queue.add("task", { taskId: "left over" }, { jobId: id });
    let homeQueue: Queue;
    beforeAll(() => {
      homeQueue = new Queue(HOME, { connection: redis, defaultJobOptions: { removeOnComplete: true } });
    });
    afterAll(() => homeQueue.close());

    let count = 0;
    async function inHand(token: string) {
      count += 1;
      await homeQueue.add("task", { taskId: "t" }, { jobId: `home-${count}-1`, priority: 5 });
      const held = (await lanes.worker(HOME).getNextJob(token, { block: false })) as Job;
      return { held, id: held.id ?? "", from: home, to: lane };
    }

    test("it is carried over in one step, held all the time, and takes the place of one that is left over", async () => {
      const { held, id, ...way } = await inHand("host-a");
      await leftOver(id);
      expect(await carryOver(locker("host-a"), { id, ...way })).toBe(true);
      expect([await lockIn(HOME, id), await lockIn(LANE, id)]).toEqual([null, "host-a"]);
      expect([await homeQueue.getJob(id), await homeQueue.getActiveCount()]).toEqual([undefined, 0]);
      const carried = (await queue.getJob(id)) as Job;
      expect([carried.data, carried.timestamp, await carried.getState()]).toEqual([
        { taskId: "t" },
        held.timestamp,
        "active",
      ]);
      expect(await redis.pttl(bullKey(LANE, `${id}:lock`))).toBeGreaterThan(LOCK_MS - 5_000);
      const lease = makeLease({ job: carried, lane, token: "host-a", sentAt: performance.now() });
      await lease.complete();
      expect(await carried.getState()).toBe("unknown");
    });

    test("not when its lock was lost, nor while another host looks at the one that is left over", async () => {
      const { id, ...way } = await inHand("host-a");
      expect(await carryOver(locker("host-b"), { id, ...way })).toBe(false);
      await leftOver(id);
      const other = await next("host-b");
      expect(other.id).toBe(id);
      expect(await carryOver(locker("host-a"), { id, ...way })).toBe(false);
      expect([await lockIn(HOME, id), await lockIn(LANE, id)]).toEqual(["host-a", "host-b"]);
      await other.moveToCompleted(undefined, "host-b", false);
      expect(await carryOver(locker("host-a"), { id, ...way })).toBe(true);
    });

    test.each(["waiting", "in this host's hands", "carried over already"])(
      "a run of which the record knows nothing any more has it, while it is %s",
      async (where) => {
        const { held, id, ...way } = await inHand("host-a");
        if (where === "waiting") await held.moveToWait("host-a");
        if (where === "carried over already") await carryOver(locker("host-a"), { id, ...way });
        const run = { taskId: `home-${count}`, epoch: 0, jobId: "lost", lane: home };
        const lease = await regainForRun(locker("host-a"), run);
        expect([lease?.job, lease?.lane, lease?.isHeld()]).toEqual([id, lane, true]);
        expect(await regainForRun(locker("host-b"), run)).toBeUndefined();
        await lease?.complete();
      },
    );
  });

  test("a run without a job holds nothing", async () => {
    const lease = lostLease();
    expect(lease.isDue()).toBe(false);
    expect(lease.isHeld()).toBe(false);
    expect(lease.signal().aborted).toBe(true);
  });
});
