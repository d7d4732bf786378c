/** Redis, the lock and the worker host fail while a run is under way. The agent's work is neither lost nor done twice. */
import { afterEach, describe, expect, test } from "vitest";
import { makeTaskQueue } from "../../src/task/queue.ts";
import { progressOf, type Task } from "../../src/task/task.ts";
import { type Orch, startOrch } from "../support/orch.ts";

describe("an outage while a run is under way", () => {
  let orch: Orch;
  afterEach(() => orch.close());

  async function waitingAgent(slots = 2) {
    orch = await startOrch({ agent: "waits", slots });
    const { taskId } = await orch.command("/orch fix the tests");
    await orch.task(taskId, (task) => progressOf(task).lastLines?.includes("I wait to be let go") === true);
    return taskId;
  }

  async function oneGoodEnd(taskId: string) {
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    expect(orch.simulator.state.pulls(orch.repository)).toHaveLength(1);
    expect(orch.botComments()).toHaveLength(1);
  }

  /** The agent ran once, over all tasks. */
  async function oneGoodPull(taskId: string) {
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    expect(orch.simulator.state.pulls(orch.repository)).toHaveLength(1);
    expect(orch.host.log().match(/"step":"agent-1"/g)).toHaveLength(1);
  }

  async function loseLock(taskId: string) {
    const locks = await orch.redis.keys(`bull:orch-*:${taskId}-*:lock`);
    expect(locks).toHaveLength(1);
    expect(await orch.redis.del(...locks)).toBe(1);
  }

  test.each([1, 2])(
    "the lock on the run is lost, with %i slots: the host has it again, the agent undisturbed",
    async (slots) => {
      const taskId = await waitingAgent(slots);
      await loseLock(taskId);
      await orch.host.logged(/lock regained/);
      expect(await orch.store.read(taskId)).toMatchObject({ epoch: 1, crashes: [], state: { name: "running" } });
      await orch.letGo();
      await oneGoodEnd(taskId);
      expect(orch.host.log().match(/"step":"agent-1"/g)).toHaveLength(1);
    },
  );

  test("the lock is lost while the host drains: it has it again, publishes the work and ends", async () => {
    const taskId = await waitingAgent();
    const ended = orch.host.stop("SIGUSR2");
    await orch.host.logged(/draining/);
    await loseLock(taskId);
    await orch.host.logged(/lock regained/);
    await orch.letGo();
    await oneGoodEnd(taskId);
    expect(await ended).toBe(0);
  });

  test("every job is lost: the host has the one that comes instead, also after a planned restart", async () => {
    const taskId = await waitingAgent(1);
    await orch.redis.del((await orch.redis.keys("bull:orch-*")).filter((key) => !key.endsWith(":meta")));
    const queue = makeTaskQueue(orch.redis);
    await queue.enqueue((await orch.store.read(taskId)) as Task); // as the bot's sweep does, in a minute
    await orch.host.logged(/lock regained/);
    expect(await orch.host.stop("SIGTERM")).toBe(0);
    await orch.host.start();
    expect(await orch.host.logged(/run taken up again/)).toContain('"lock":true');
    await orch.letGo();
    await oneGoodEnd(taskId);
    expect((await orch.store.read(taskId))?.epoch).toBe(1);
  });

  test("the lock is lost and the agent ends before the host has the task again: its work is still published", async () => {
    const taskId = await waitingAgent();
    await loseLock(taskId);
    await orch.letGo();
    await oneGoodEnd(taskId);
    expect(orch.host.log().match(/"step":"agent-1"/g)).toHaveLength(1);
  });

  test("Redis is killed and comes back: the agent goes on, and the end is told", async () => {
    const taskId = await waitingAgent();
    await orch.redisServer.kill();
    await orch.letGo(); // the agent ends while nobody can be told
    await orch.host.logged(/Redis does not take the news|beat did not reach Redis/);
    await orch.redisServer.restart();
    await oneGoodEnd(taskId);
    expect(orch.host.log().match(/"step":"agent-1"/g)).toHaveLength(1);
  });

  test("Redis is away for longer than publishing may take: the work is kept, and a retry publishes it without the agent", async () => {
    orch = await startOrch({ agent: "fixes", limits: { publishingMinutes: 0.4 } });
    const match = { method: "POST", path: /\/git-receive-pack$/ };
    const refusing = orch.simulator.faults.api({ times: 10_000, match, action: { status: 502 } });
    const { taskId } = await orch.command("/orch fix the tests");
    await refusing.firing;
    await orch.redisServer.kill();
    await orch.host.logged(/"path":"\/workers\/pushed"|already is not known/); // the time is over
    refusing.cancel();
    await orch.redisServer.restart();
    expect(await orch.told(taskId)).toMatchObject({ kind: "timed_out", deadline: "publishing" });
    expect(await orch.progressComment(/is kept on the worker host/)).toMatch(/`\/orch retry \w+`: that publishes it/);
    const again = await orch.command("/orch retry");
    await oneGoodPull(again.taskId);
  }, 240_000);

  test("the worker host is restarted on purpose while Redis is away: that is no crash, and the run goes on", async () => {
    const taskId = await waitingAgent();
    await orch.redisServer.kill();
    expect(await orch.host.stop("SIGTERM")).toBe(0);
    await orch.redisServer.restart();
    await orch.host.start();
    await orch.letGo();
    await oneGoodEnd(taskId);
    expect((await orch.store.read(taskId))?.crashes).toEqual([]);
  });

  test("a second signal ends a draining host at once: that is no crash, and the run goes on", async () => {
    const taskId = await waitingAgent();
    const ended = orch.host.stop("SIGUSR2");
    await orch.host.logged(/draining/);
    await orch.host.stop("SIGTERM");
    expect(await ended).toBe(130);
    await orch.host.start();
    await orch.letGo();
    await oneGoodEnd(taskId);
    expect((await orch.store.read(taskId))?.crashes).toEqual([]);
  });

  test.each([
    ["preparing", { method: "GET", path: /\/info\/refs$/ }],
    ["publishing", { method: "POST", path: /\/git-receive-pack$/ }],
  ])("the worker host is killed while it is %s: the run goes on after its restart", async (phase, match) => {
    orch = await startOrch({ agent: "fixes" });
    const hanging = orch.simulator.faults.api({ times: 1, match, action: "hang" });
    const { taskId } = await orch.command("/orch fix the tests");
    await hanging.firing;
    await orch.host.kill();
    const task = await orch.store.read(taskId);
    expect(task?.state).toMatchObject({ name: "running", phase });
    expect(task?.pushed).toBeUndefined();
    await orch.host.start();
    await oneGoodEnd(taskId);
  });
});
