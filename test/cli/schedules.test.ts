/** `orch schedules`, and what `orch status` says of them, as a person and a program run them. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { connectRedis, waitForRedis } from "../../src/task/redis.ts";
import { makeScheduleStore, type ScheduleState, scheduleKey } from "../../src/task/schedules.ts";
import { makeTaskStore } from "../../src/task/store.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { makeSpec, STARTS } from "../support/task-spec.ts";
import { runOrch } from "./run-orch.ts";

const HOUR = 3600_000;
const NOW = Date.now();

let dir: string;
let server: TestRedis;
let redis: ReturnType<typeof connectRedis>;

beforeAll(async () => {
  server = await startRedis();
  redis = connectRedis(server.url, "test");
  await waitForRedis(redis, 10_000);
  dir = await mkdtemp(join(tmpdir(), "orch-schedules-"));
});
beforeEach(async () => {
  await redis.flushall();
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

const orch = (...args: string[]) => runOrch(args, { cwd: dir, env: { REDIS_URL: server.url, ORCH_DATA: dir } });

async function twoRepositories(): Promise<string> {
  const store = makeScheduleStore(redis);
  const spec = makeSpec({ number: 7 });
  await makeTaskStore(redis).create(spec, STARTS);
  const place = { owner: "octo-org", installationId: 21 };
  const times = { cron: "0 3 * * *", timezone: "Europe/Berlin" };
  await store.toBeRead({ id: 11, name: "calculator", ...place }, NOW);
  await store.toBeRead({ id: 12, name: "broken", ...place }, NOW);
  const schedule = { name: "nightly", ...times, instruction: "fix the flaky \u001b[31mtests" };
  await store.saveFile(11, { schedules: [schedule, { ...schedule, name: "new" }], readAt: NOW });
  await store.saveFile(12, { schedules: [], problem: "`x` is not usable:\n- line 4: bad \u001b[2J", readAt: NOW });
  const [taken] = (await store.due.take(NOW, 10)).filter(({ member }) => member === scheduleKey(11, "nightly"));
  const state: ScheduleState = {
    ...times,
    nextAt: NOW + 5 * HOUR + 60_000,
    issue: { number: 7, alone: true },
    last: { dueAt: NOW - 43 * HOUR, task: spec.id, issue: 7 },
    skipped: { dueAt: NOW - 19 * HOUR, reason: { kind: "task_open", task: spec.id } },
  };
  if (!taken || !(await store.saveState(taken, state))) throw new Error("the schedule is not planned");
  return spec.id;
}

test("schedules stand in the order in which they come, with their last task and why they were skipped", async () => {
  const id = await twoRepositories();
  const { code, stdout, stderr } = await orch("schedules");
  expect(code).toBe(0);
  const next = new Date(NOW + 5 * HOUR + 60_000).toISOString();
  expect(stdout.trimEnd().split("\n")).toEqual([
    "new\tocto-org/calculator\t\t0 3 * * * Europe/Berlin\t\tfix the flaky tests",
    `nightly\tocto-org/calculator#7\t${next}\t0 3 * * * Europe/Berlin\t${id} queued\tfix the flaky tests`,
  ]);
  expect(stderr.trimEnd().split("\n")).toEqual([
    `nightly in octo-org/calculator asked for nothing 19h ago, because its last task, \`${id}\`, is not over.`,
    "octo-org/broken: `x` is not usable:",
    "- line 4: bad",
  ]);
});

test("a program is told the same, and status counts them", async () => {
  const id = await twoRepositories();
  const said = JSON.parse((await orch("schedules", "--json")).stdout);
  expect(said.schedules.at(-1)).toMatchObject({
    name: "nightly",
    repository: "octo-org/calculator",
    number: 7,
    last: { id, task: { state: "queued" } },
    skipped: { reason: { kind: "task_open", task: id } },
  });
  expect(said.unusable).toEqual([
    { repository: "octo-org/broken", repositoryId: 12, problem: "`x` is not usable:\n- line 4: bad" },
  ]);
  expect((await orch("status")).stdout).toMatch(
    /^Schedules \(2\): the next in 5h( \dm)?, 1 skipped last time, files that cannot be used: 1, `orch schedules` says more$/m,
  );
  const status = JSON.parse((await orch("status", "--json")).stdout);
  expect(status.schedules).toHaveLength(2);
  expect(status.unusableFiles).toHaveLength(1);
});

test("where there are none, it says how to have some, and status is silent", async () => {
  const { code, stdout, stderr } = await orch("schedules");
  expect([code, stdout, stderr]).toEqual([0, "", "No repository has schedules: see docs/configuration.md.\n"]);
  expect((await orch("status")).stdout).not.toContain("Schedules");
});
