/** An idle host with a real Redis and the real sandbox: a job of no task goes through its lane, and what came of it is told. */
import { chmodSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { checkCanary } from "../../cli/doctor/canary.ts";
import type { Canary } from "../../src/task/canary.ts";
import { register } from "../../src/task/hosts.ts";
import { pauseAll, resumeAll } from "../../src/task/pause.ts";
import { makeTaskQueue } from "../../src/task/queue.ts";
import { connectBlockingRedis } from "../../src/task/redis.ts";
import { type CanaryKeeper, type CanaryTimes, makeCanaryKeeper } from "../../workers/canary.ts";
import { openLanes } from "../../workers/lanes.ts";
import type { Run, Shared } from "../../workers/run/run.ts";
import { chooseDriver, type SandboxDriver, type SlotUser } from "../../workers/sandbox/sandbox.ts";
import { slotUsers } from "../../workers/sandbox/slot-users.ts";
import { makeSlots } from "../../workers/slots.ts";
import { type JobTaker, makeJobTaker } from "../../workers/take-jobs.ts";
import { ownBaseUid } from "../support/own-uids.ts";
import { type ConnectedRedis, startConnectedRedis } from "../support/redis.ts";

let users: readonly SlotUser[];
let server: ConnectedRedis;
let subscriber: ReturnType<typeof connectBlockingRedis>;
let dataDir: string;
let driver: SandboxDriver;
let parts: { jobs: JobTaker; canary: CanaryKeeper } | undefined;

beforeAll(async () => {
  server = await startConnectedRedis();
  subscriber = connectBlockingRedis(server.url, "test-canary");
  dataDir = mkdtempSync(join(tmpdir(), "orch-canary-"));
  chmodSync(dataDir, 0o711);
  await mkdir(join(dataDir, "host"), { mode: 0o711 });
  users = await slotUsers(1, process.getuid?.() ?? -1, ownBaseUid);
  driver = (await chooseDriver({ mode: "auto", dir: join(dataDir, "host", "sandbox"), users })).driver;
}, 60_000);
afterEach(async () => {
  await parts?.jobs.stop();
  await parts?.canary.stop();
  await server.redis.flushall();
});
afterAll(async () => {
  subscriber.disconnect();
  await server.close();
  rmSync(dataDir, { recursive: true, force: true });
});

type Setting = { driver?: SandboxDriver; runs?: Run[]; takesJobs?: boolean; times?: CanaryTimes };

const INFO = {
  ...{ id: "h1", place: "p1", name: "anvil", version: "0.1.0", pid: 1, slots: 1, sandbox: "bwrap" as const },
  ...{ agents: ["scripted"], defaultAgent: "scripted", draining: false, startedAt: 1 },
};

async function startHost(setting: Setting = {}) {
  const log = pino({ level: "silent" });
  const operator = { agents: new Map() };
  const { redis } = server;
  const shared = { hostId: "h1", dataDir, redis, driver: setting.driver ?? driver, operator, log } as unknown as Shared;
  const slots = makeSlots(shared, users);
  const room = { isFree: () => true, whenFree: async () => undefined, wake: () => undefined };
  const told: Canary[] = [];
  const canary = makeCanaryKeeper({
    shared,
    slots: { ...slots, runs: () => setting.runs ?? [] },
    room,
    announce: async ({ canary: news }) => {
      if (news) told.push(news);
      if (setting.times) await register(redis, { ...INFO, canary: news }, Date.now());
    },
    times: setting.times ?? { firstMs: 1, everyMs: 20 },
  });
  const locker = { lanes: openLanes(redis), redis, token: "host-h1" };
  const jobs = makeJobTaker({ shared, slots, room, canary, locker, subscriber });
  parts = { jobs, canary };
  if (setting.takesJobs !== false) await jobs.start();
  canary.start();
  return { told, slots };
}

const soon = (look: () => void) => vi.waitFor(look, { timeout: 20_000, interval: 5 });

test("an idle host is asked again and again, and shows each time that it can work", async () => {
  const { told, slots } = await startHost();
  await soon(() => expect(told.filter(({ at }) => at !== undefined).length).toBeGreaterThan(2));
  const done = told.find(({ at }) => at !== undefined);
  expect(done).not.toHaveProperty("failed");
  expect(done?.ms).toBeGreaterThan(0);
  await parts?.canary.stop();
  expect(slots.take()).toEqual(users[0]);
});

test("what a host left that was killed in the middle of it is no obstacle, and is gone afterwards", async () => {
  const home = join(dataDir, "host", "sandbox", "canary");
  await mkdir(join(home, "left"), { recursive: true, mode: 0o700 });
  const { told } = await startHost();
  await soon(() => expect(told.some(({ at, failed }) => at !== undefined && failed === undefined)).toBe(true));
  await parts?.canary.stop();
  expect(existsSync(home)).toBe(false);
});

test("where no program starts in the sandbox, the host says why", async () => {
  const broken: SandboxDriver = { name: "bwrap", wrap: () => ["/bin/sh", "-c", "echo no namespaces here >&2; exit 3"] };
  const { told } = await startHost({ driver: broken });
  await soon(() => expect(told.some(({ failed }) => failed !== undefined)).toBe(true));
  const failed = told.find((each) => each.failed !== undefined)?.failed;
  expect(failed).toBe("a program in the sandbox ended with exit code 3: no namespaces here");
});

test("a host that takes no jobs stays asked since the first time, with one job and no more", async () => {
  const { told } = await startHost({ takesJobs: false });
  await soon(() => expect(told.length).toBeGreaterThan(3));
  expect(new Set(told.map(({ askedAt }) => askedAt)).size).toBe(1);
  expect(told.every(({ at }) => at === undefined)).toBe(true);
  const queue = makeTaskQueue(server.redis);
  await soon(() => expect(told.length).toBeGreaterThan(5));
  expect(await server.redis.zcard("bull:orch-host-h1:prioritized")).toBe(1);
  await queue.close();
});

test("while all work is paused it waits, and a host with runs is not asked", async () => {
  await pauseAll(server.redis, { by: "me", since: Date.now() });
  const { told } = await startHost();
  await soon(() => expect(told.length).toBeGreaterThan(2));
  expect(told.every(({ at }) => at === undefined)).toBe(true);
  await resumeAll(server.redis, Date.now());
  await soon(() => expect(told.some(({ at }) => at !== undefined)).toBe(true));

  await parts?.jobs.stop();
  await parts?.canary.stop();
  const busy = await startHost({ runs: [{} as Run] });
  await new Promise((resolve) => setImmediate(resolve));
  expect(busy.told).toEqual([]);
});

describe("orch doctor --canary", () => {
  const rarely = { firstMs: 3600_000, everyMs: 3600_000 };
  const check = (withinMs = 20_000) => checkCanary({ REDIS_URL: server.url }, { withinMs });
  const broken: SandboxDriver = { name: "bwrap", wrap: () => ["/bin/sh", "-c", "echo no namespaces here >&2; exit 3"] };

  test("asks a host now, which it takes from its lane into its sandbox", async () => {
    await register(server.redis, INFO, Date.now());
    await startHost({ times: rarely });
    expect(await check()).toEqual([
      { name: "Canary anvil", status: "ok", detail: expect.stringMatching(/^h1 took the job, .* in \d+ ms$/) },
    ]);
  });

  test("says that it fails in the sandbox, and why", async () => {
    await register(server.redis, INFO, Date.now());
    await startHost({ times: rarely, driver: broken });
    const [said] = await check();
    expect(said).toMatchObject({ status: "problem", detail: expect.stringContaining("no namespaces here") });
    expect(said?.detail).toMatch(/^sandbox: h1 took the job/);
  });

  test("says that it fails in the queue where a host beats and takes no job, and leaves none behind", async () => {
    await register(server.redis, INFO, Date.now());
    expect(await check(50)).toMatchObject([
      { status: "problem", detail: expect.stringMatching(/^queue: h1 has not taken/) },
    ]);
    expect(await server.redis.zcard("bull:orch-host-h1:prioritized")).toBe(0);
  });

  test("says that there is no host, that all is paused, that a host drains, or that Redis is away", async () => {
    expect(await check()).toMatchObject([{ status: "problem", detail: "no worker host lives" }]);
    await register(server.redis, { ...INFO, draining: true }, Date.now());
    expect(await check()).toMatchObject([{ status: "note", detail: expect.stringContaining("it drains") }]);
    await pauseAll(server.redis, { by: "me", since: Date.now() });
    expect(await check()).toMatchObject([{ status: "note", detail: expect.stringContaining("paused, by me") }]);
    const away = await checkCanary({ REDIS_URL: `unix://${dataDir}/none.sock` });
    expect(away).toMatchObject([{ status: "problem", detail: expect.stringMatching(/^Redis: /) }]);
  });
});
