/** A repository's file says what is to be done every night; nobody writes a comment. */
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Bot, makeBot } from "../../src/bot.ts";
import { branchOf } from "../../src/task/branch.ts";
import { keys } from "../../src/task/keys.ts";
import { FORMAT } from "../../src/task/record.ts";
import { makeScheduleStore, type ScheduleState, scheduleKey } from "../../src/task/schedules.ts";
import type { Task } from "../../src/task/task.ts";
import { type BotSetting, MAINTAINER, startBotSetting } from "../support/bot.ts";
import { type Orch, startOrch } from "../support/orch.ts";
import { claimedBy } from "../support/task-spec.ts";

const HOUR = 3_600_000;
const FILE = ".github/orch.yml";
const PATIENCE = { timeout: 20_000, interval: 20 };

describe("with an agent at work", () => {
  let orch: Orch;
  afterEach(() => orch.close());

  test("the clock comes, an issue is opened for the schedule, and the pull request follows", async () => {
    const hourAgo = new Date(Date.now() - HOUR);
    const cron = `${hourAgo.getUTCMinutes()} ${hourAgo.getUTCHours()} * * *`;
    const run = "run: fix the failing tests";
    const repositoryFile = `verify: node --test\nschedules:\n  nightly:\n    cron: ${cron}\n    ${run}\n`;
    orch = await startOrch({ agent: "fixes", repositoryFile });
    const { repository, simulator, redis } = orch;
    const schedules = makeScheduleStore(redis);
    const key = scheduleKey(repository.id, "nightly");
    const planned = await simulator.waitFor(() => schedules.state(key));
    // No test waits for a night: this one passed an hour ago.
    const passed: ScheduleState = { ...planned, nextAt: Date.now() - HOUR - 60_000 };
    await redis.hset(keys.scheduleStates, key, JSON.stringify({ ...passed, format: FORMAT }));
    await schedules.due.plan(key, Date.now());

    const asked = await simulator.waitFor(async () => (await schedules.state(key))?.last, 30_000);
    const { issue: number, task: taskId } = asked;
    expect(simulator.state.issue(repository, number)).toMatchObject({ title: "Schedule: nightly", state: "open" });
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    const comment = await orch.progressComment(/node --test.*passed/, { number });
    expect(comment).toContain("The schedule `nightly` asked:");
    const [pull] = simulator.state.pulls(repository);
    expect(pull?.body).toContain(`The schedule \`nightly\` asked in #${number}:\n\n> fix the failing tests`);
    // The issue is there for the next night, too.
    expect(pull?.body).not.toMatch(/Fixes/);
    expect(simulator.state.fileAt(repository, pull?.pull.headRef ?? "", "add.js")).toContain("a + b");
    const [commit] = simulator.state.log(repository, pull?.pull.headRef ?? "");
    expect(commit?.body).toContain(`Orch-Task: ${taskId}`);
    expect(commit?.body).not.toContain("Co-authored-by");
    await simulator.closeIssue(repository, number, { as: MAINTAINER });
  });
});

describe("night by night", () => {
  let orch: BotSetting;
  let other: Bot;
  let clock: number;
  const now = () => clock;
  const schedules = () => makeScheduleStore(orch.redis);
  const state = (name = "nightly") => schedules().state(scheduleKey(orch.repository.id, name));
  const write = (file: string) =>
    orch.github.commit(orch.repository, "main", { [FILE]: file }, "Change the schedule", MAINTAINER);
  const comments = (number: number) =>
    orch.github.state.comments(orch.repository, number).map(({ body }) => body.split("\n\n<!--")[0]);

  beforeEach(async () => {
    clock = Date.UTC(2026, 2, 27, 12);
    orch = await startBotSetting({ now });
    other = await makeBot(orch.config, { log: pino({ level: "silent" }), now });
  });
  afterEach(async () => {
    await other.stop();
    await orch.close();
  });

  async function comes(time: string): Promise<void> {
    clock = Date.parse(time);
    await expect.poll(async () => (await state())?.nextAt ?? 0, PATIENCE).toBeGreaterThan(clock);
  }

  /** What was asked for last, once it is a task. */
  async function task(): Promise<Task> {
    const last = (await state())?.last?.task ?? "";
    await expect.poll(() => orch.store.read(last), PATIENCE).toBeDefined();
    return (await orch.store.read(last)) as Task;
  }

  /** As a worker host does it. */
  async function publish({ spec }: Task): Promise<void> {
    await expect
      .poll(async () => (await orch.store.advance(spec.id, claimedBy("h0000000", clock))) ?? null, PATIENCE)
      .not.toBeNull();
    const branch = branchOf(spec);
    const sha = await orch.github.commit(orch.repository, branch, { "fix.txt": spec.id }, "Fix", MAINTAINER);
    const pushed = { branch, sha, base: "main", files: 1, additions: 1, deletions: 0, commits: 1 };
    await orch.store.advance(spec.id, { name: "pushed", epoch: 1, pushed, at: clock });
    await expect.poll(async () => (await orch.store.read(spec.id))?.state.name, PATIENCE).toBe("settled");
  }

  test("one of two bots asks, skips while the last task is open, follows the file, and rests with its issue closed", async () => {
    await write('schedules: { nightly: { cron: "30 2 * * *", timezone: Europe/Berlin, run: fix the flaky tests } }');
    await expect.poll(async () => (await state())?.nextAt, PATIENCE).toBe(Date.parse("2026-03-28T01:30Z"));

    await comes("2026-03-28T01:30Z");
    const first = await task();
    const { number } = first.spec;
    expect(first.spec).toMatchObject({ instruction: "fix the flaky tests", origin: { kind: "schedule" } });
    expect(first.spec).not.toHaveProperty("actor");
    expect(orch.github.state.issue(orch.repository, number)?.title).toBe("Schedule: nightly");

    // In this night clocks are put forward: there is no half past two.
    await comes("2026-03-29T01:00Z");
    await expect
      .poll(() => comments(number), PATIENCE)
      .toContainEqual(expect.stringContaining(`its last task, \`${first.spec.id}\`, is not over`));
    expect(await orch.store.idsOfIssue(orch.repository.id, number)).toEqual([first.spec.id]);

    await publish(first);
    await comes("2026-03-30T00:30Z");
    const second = await task();
    expect(second.spec.id).not.toBe(first.spec.id);
    expect(second.spec.number).toBe(number);
    await publish(second);

    await write('schedules: { nightly: { cron: "0 4 * * *", run: fix the slow tests } }');
    await expect.poll(async () => (await state())?.nextAt, PATIENCE).toBe(Date.parse("2026-03-30T04:00Z"));
    await comes("2026-03-30T04:00Z");
    const third = await task();
    expect(third.spec.instruction).toBe("fix the slow tests");
    await publish(third);
    expect(orch.github.state.pulls(orch.repository)).toHaveLength(3);

    await orch.github.closeIssue(orch.repository, number, { as: MAINTAINER });
    await comes("2026-03-31T04:00Z");
    expect((await state())?.skipped?.reason).toEqual({ kind: "issue_closed", number });

    await orch.github.reopenIssue(orch.repository, number, { as: MAINTAINER });
    await comes("2026-04-01T04:00Z");
    await publish(await task());
    const issues = orch.github.requests().filter(({ method, path }) => method === "POST" && path.endsWith("/issues"));
    expect(issues).toHaveLength(1);
    const skips = comments(number).filter((body) => body?.includes("so it was skipped"));
    expect(skips).toHaveLength(1);
  });
});
