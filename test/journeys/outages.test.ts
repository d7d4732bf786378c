/** Redis, the lock and the worker host fail while a run is under way. The agent's work is neither lost nor done twice. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { type Orch, type Place, startOrch } from "../support/orch.ts";

describe("an outage while a run is under way", () => {
  let orch: Orch;
  afterEach(() => orch.close());

  async function waitingAgent() {
    orch = await startOrch({ agent: "waits" });
    const { taskId } = await orch.command("/orch fix the tests");
    await orch.task(taskId, (task) => task.progress.lastLines?.includes("I wait to be let go") === true);
    return taskId;
  }

  async function oneGoodEnd(taskId: string, { repository, number }: Partial<Place> = {}) {
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    expect(orch.simulator.state.pulls(repository ?? orch.repository)).toHaveLength(1);
    expect(orch.botComments({ repository, number })).toHaveLength(1);
  }

  test("the lock on the run is lost: the host gets the task again, and the agent was not disturbed", async () => {
    const taskId = await waitingAgent();
    const locks = await orch.redis.keys(`bull:orch:${taskId}-*:lock`);
    expect(locks).toHaveLength(1);
    expect(await orch.redis.del(...locks)).toBe(1);
    const regained = await orch.task(taskId, (task) => task.epoch === 2);
    expect(regained.crashes).toEqual([]);
    expect((await orch.agentOutput(taskId)).match(/I wait to be let go/g)).toHaveLength(1);
    await orch.letGo();
    await oneGoodEnd(taskId);
    expect(orch.host.log().match(/"step":"agent-1"/g)).toHaveLength(1);
  });

  test("the lock is lost and the agent ends before the host has the task again: its work is still published", async () => {
    const taskId = await waitingAgent();
    expect(await orch.redis.del(...(await orch.redis.keys(`bull:orch:${taskId}-*:lock`)))).toBe(1);
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

  test.each([
    ["preparing", { method: "GET", path: /\/info\/refs$/ }],
    ["publishing", { method: "POST", path: /\/git-receive-pack$/ }],
  ])("the worker host is killed while it is %s: the run goes on after its restart", async (phase, match) => {
    orch = await startOrch({ agent: "fixes" });
    const hanging = orch.simulator.faults.api({ times: 1, match, action: "hang" });
    const { taskId } = await orch.command("/orch fix the tests");
    await killHostWhile(taskId, phase, () => hanging.fired === 1);
    await oneGoodEnd(taskId);
  });

  async function killHostWhile(taskId: string, phase: string, isThere: () => boolean) {
    await orch.running(taskId, phase);
    await vi.waitUntil(isThere, { timeout: 30_000 });
    await orch.host.kill();
    const task = await orch.store.read(taskId);
    expect(task?.state).toMatchObject({ name: "running", phase });
    expect(task?.pushed).toBeUndefined();
    await orch.host.start();
  }
});
