/**
 * The task's record goes, or cannot be read, under a run that lives. That says nothing about the task: no agent is ended, no
 * work is removed and nothing is published before the record is known again.
 */
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { readHosts } from "../../src/task/hosts.ts";
import { keys } from "../../src/task/keys.ts";
import { makeTaskQueue } from "../../src/task/queue.ts";
import type { Task } from "../../src/task/task.ts";
import { progressOf } from "../../src/task/task.ts";
import { type Orch, type OrchOptions, type Place, startOrch } from "../support/orch.ts";

const DOUBT = /record is in doubt/;

describe("the record of a run is in doubt", () => {
  let orch: Orch;
  afterEach(() => orch.close());

  async function waitingAgents(count: number, options: OrchOptions = {}) {
    orch = await startOrch({ agent: "waits", slots: count, ...options });
    const runs: { place: Place; taskId: string }[] = [];
    for (let index = 0; index < count; index++) {
      const place = await orch.place({ agent: "waits" });
      const { taskId } = await orch.command("/orch fix the tests", place);
      runs.push({ place, taskId });
    }
    for (const { taskId } of runs)
      await orch.task(taskId, (task) => progressOf(task).lastLines?.includes("I wait to be let go") === true);
    return runs;
  }

  async function oneGoodEnd({ place, taskId }: { place: Place; taskId: string }) {
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    expect(orch.simulator.state.pulls(place.repository)).toHaveLength(1);
    expect(orch.botComments(place)).toHaveLength(1);
    expect(await orch.store.read(taskId)).toMatchObject({ epoch: 1 });
  }

  const branches = ({ place }: { place: Place }) => Object.keys(orch.simulator.state.branches(place.repository));
  /** Every start of a step by any life of the host, without those that were found running. */
  const starts = (step: string) =>
    orch.host.log().match(new RegExp(`"step":"${step}","wrapper":\\d+,"adopted":false`, "g"));

  /** As a newer Orch would, which then has to be undone for this one to go on. */
  async function rewrite(taskId: string, change: (record: string) => string) {
    const record = (await orch.redis.hget(keys.task(taskId), "record")) ?? "";
    await orch.redis.multi().hset(keys.task(taskId), "record", change(record)).publish(keys.changed, taskId).exec();
    return () => rewrite(taskId, () => record);
  }

  test.each([
    ["newer", (record: string) => JSON.stringify({ ...JSON.parse(record), format: 3, state: { name: "parked" } })],
    ["unreadable", (record: string) => record.slice(1)],
  ])(
    "a record that is %s: the agent goes on, also after a crash of the host, and is published once it is known",
    async (kind, change) => {
      const [run] = await waitingAgents(1);
      if (!run) throw new Error("there is no run");
      const undo = await rewrite(run.taskId, change);
      expect(await orch.host.logged(DOUBT)).toContain(`"record":"${kind}"`);
      await orch.host.kill();
      await orch.host.start();
      expect(await orch.host.logged(/run taken up again/)).toContain(`"record":"${kind}"`);
      await orch.letGo();
      await expect.poll(() => orch.agentOutput(run.taskId), { timeout: 20_000 }).toContain("I repaired add.js");
      await expect.poll(() => readRuns()[0]?.steps[0]?.collected?.commits, { timeout: 20_000 }).toBe(1);
      expect(branches(run)).toEqual(["main"]);
      await undo();
      await oneGoodEnd(run);
      expect(starts("agent-1")).toHaveLength(1);
    },
  );

  test("a setup command that runs meanwhile is followed, also by the next life of the host: its deadline holds", async () => {
    orch = await startOrch({ agent: "fixes", limits: { setupMinutes: 0.1 } });
    const place = await orch.place({ agent: "fixes", setup: "exec sleep 600" });
    const { taskId } = await orch.command("/orch fix the tests", place);
    await orch.host.logged(/"step":"setup-1","wrapper"/);
    const undo = await rewrite(taskId, (record) => JSON.stringify({ ...JSON.parse(record), format: 3 }));
    await orch.host.kill();
    await orch.host.start();
    await orch.host.logged(/run taken up again/);
    await expect.poll(() => readRuns()[0]?.steps[0]?.missed, { timeout: 20_000 }).toMatchObject({ deadline: "setup" });
    await undo();
    expect(await orch.told(taskId)).toMatchObject({ kind: "timed_out", deadline: "setup" });
  });

  test("Redis is emptied for good under two agents: they go on, the host is listed again, and their records are put back", async () => {
    const runs = await waitingAgents(2);
    await orch.redisServer.empty();
    const host = async () => (await readHosts(orch.redis, Date.now())).find(({ alive }) => alive);
    const tasks = runs.map(({ taskId }) => expect.objectContaining({ task: taskId, doubt: "absent" }));
    await expect.poll(host, { timeout: 20_000 }).toMatchObject({ inDoubt: expect.arrayContaining(tasks) });
    await orch.host.kill();
    await orch.host.start();
    await orch.letGo(); // the agents end while nobody knows of them
    for (const run of runs) await oneGoodEnd(run);
    expect(starts("agent-1")).toHaveLength(2);
    expect(orch.bot.log().match(/put back as its host knows it/g)).toHaveLength(2);
    expect(await orch.redis.hlen(keys.offers)).toBe(0);
  });

  test("Redis is emptied, and its backup comes back after the records were put back: nothing is done twice", async () => {
    const [run] = await waitingAgents(1);
    if (!run) throw new Error("there is no run");
    const bringBack = await orch.redisServer.empty();
    await orch.bot.logged(/put back as its host knows it/);
    await orch.host.logged(/lock regained/);
    await bringBack();
    await orch.letGo();
    await oneGoodEnd(run);
    expect(starts("agent-1")).toHaveLength(1);
  });

  test("Redis is restored from before the run: it is the run of the task again, and nobody does its work anew", async () => {
    const [run] = await waitingAgents(1);
    if (!run) throw new Error("there is no run");
    const task = (await orch.store.read(run.taskId)) as Task;
    await orch.redis.del((await orch.redis.keys("bull:orch-*")).filter((key) => !key.endsWith(":meta")));
    const queued = {
      ...task,
      state: { name: "queued" as const, since: Date.now() },
      epoch: 0,
      version: 1,
      progress: {},
    };
    await rewrite(run.taskId, () => JSON.stringify(queued));
    await makeTaskQueue(orch.redis).enqueue(queued); // as the bot's sweep does, in half a minute
    await orch.host.logged(/lock regained/);
    await orch.letGo();
    await oneGoodEnd(run);
    expect(starts("agent-1")).toHaveLength(1);
  });

  test("Redis does not come back in time: the run ends, its work stays, and is published when Redis is back after all", async () => {
    const [run] = await waitingAgents(1, { limits: { totalMinutes: 0.2, publishingMinutes: 0.1 } });
    if (!run) throw new Error("there is no run");
    await orch.bot.stop(); // nobody puts the record back
    const bringBack = await orch.redisServer.empty();
    await orch.host.logged(DOUBT);
    await orch.letGo();
    await orch.host.logged(/its work is kept/);
    expect(readRuns()).toEqual([expect.objectContaining({ taskId: run.taskId, end: "untold" })]);
    expect(existsSync(join(orch.dir, "data/host/workspaces", run.taskId, "tree/add.js"))).toBe(true);
    await bringBack();
    await orch.bot.start();
    await oneGoodEnd(run);
    expect(starts("agent-1")).toHaveLength(1);
  });

  type RunJson = { taskId: string; end?: string; steps: { collected?: { commits: number }; missed?: object }[] };
  const readRuns = () =>
    globSync(join(orch.dir, "data/host/runs/*/run.json")).map(
      (path) => JSON.parse(readFileSync(path, "utf8")) as RunJson,
    );
});
