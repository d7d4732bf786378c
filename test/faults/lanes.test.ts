/** Two worker hosts and the lanes between them: who gets a task, and what becomes of it when its home is gone. */
import { afterEach, describe, expect, test } from "vitest";
import { keys } from "../../src/task/keys.ts";
import type { Lane } from "../../src/task/lane.ts";
import { makeTaskQueue } from "../../src/task/queue.ts";
import { progressOf, type Task } from "../../src/task/task.ts";
import { type Orch, type Place, startOrch } from "../support/orch.ts";
import type { Program } from "../support/program.ts";

const AGENT = "waits";

describe("with two worker hosts", () => {
  let orch: Orch;
  let other: Program;
  afterEach(() => orch.close());

  async function start(agents?: Parameters<Orch["anotherHost"]>[0]) {
    orch = await startOrch({ agent: AGENT });
    other = await orch.anotherHost(agents);
    return { home: await orch.hostId(), elsewhere: await orch.hostId(1) };
  }

  /** A task in this lane, as if it had always been there. No host is up when this begins. */
  async function taskIn(lane: Lane, place?: Place): Promise<string> {
    const { taskId } = await orch.command("/orch fix the tests", place);
    const task = await orch.task(taskId, (each) => each.state.name === "waiting");
    const queue = makeTaskQueue(orch.redis);
    await queue.enqueue(await inRecord(task, lane));
    await queue.close();
    return taskId;
  }

  async function inRecord(task: Task, lane: Lane): Promise<Task> {
    const state = { name: "queued" as const, since: Date.now(), lane };
    const moved: Task = { ...task, version: task.version + 1, agent: lane.agent, state };
    const { id } = task.spec;
    await orch.redis.hset(keys.task(id), "version", moved.version, "record", JSON.stringify(moved));
    await orch.redis.publish(keys.changed, id);
    return moved;
  }

  const waits = (taskId: string, epoch: number) =>
    orch.task(
      taskId,
      (task) => task.epoch === epoch && progressOf(task).lastLines?.includes("I wait to be let go") === true,
    );

  /** The agent's starts on a host. */
  const starts = (host: Program) => host.log().match(/"step":"agent-1","wrapper":\d+,"adopted":false/g)?.length ?? 0;

  async function oneGoodEnd(taskId: string, place: Place = { repository: orch.repository, number: orch.issue }) {
    await orch.letGo();
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    expect(orch.simulator.state.pulls(place.repository)).toHaveLength(1);
    expect(orch.botComments(place)).toHaveLength(1);
  }

  const stopAll = () => Promise.all([orch.host, other].map((each) => each.stop()));
  const startAll = () => Promise.all([orch.host, other].map((each) => each.start()));

  test("a task goes to its home, and when that dies for good in the middle of it, to the other in the time of a lock", async () => {
    const { home, elsewhere } = await start();
    await stopAll();
    const taskId = await taskIn({ agent: AGENT, host: home });
    await startAll();
    const { state } = await waits(taskId, 1);
    expect(state).toMatchObject({ host: home, lane: { agent: AGENT } });
    await orch.host.kill();
    const taken = await orch.task(taskId, ({ epoch }) => epoch === 2);
    expect(taken).toMatchObject({ crashes: [expect.any(Number)], state: { host: elsewhere, lane: { agent: AGENT } } });
    await waits(taskId, 2);
    // The home comes back: the run there is over, and there is no third.
    await orch.host.start();
    await oneGoodEnd(taskId);
    expect([starts(orch.host), starts(other)]).toEqual([1, 1]);
    expect((await orch.store.read(taskId))?.epoch).toBe(2);
  });

  test("while its home is away a task waits for it, also for hours of others' free slots; in the agent's lane it waits no more", async () => {
    const { home, elsewhere } = await start();
    await stopAll();
    const taskId = await taskIn({ agent: AGENT, host: home });
    await other.start();
    const place = await orch.place({ agent: AGENT });
    // What comes later and may go anywhere is taken meanwhile: the other host has looked.
    const later = await orch.command("/orch fix the tests", place);
    await waits(later.taskId, 1);
    const task = await orch.task(taskId, ({ state }) => state.name === "queued");
    const queue = makeTaskQueue(orch.redis);
    expect(await queue.move(task, () => inRecord(task, { agent: AGENT }))).toBe(true);
    await queue.close();
    expect((await waits(taskId, 1)).state).toMatchObject({ host: elsewhere });
    await orch.host.start();
    await oneGoodEnd(taskId);
    expect([starts(orch.host), starts(other)]).toEqual([0, 2]);
  });

  test("Redis is restored from when the task still waited for its home: the run there is its run, under its number", async () => {
    const { home } = await start();
    await stopAll();
    const taskId = await taskIn({ agent: AGENT, host: home });
    const before = (await orch.store.read(taskId)) as Task;
    await startAll();
    await waits(taskId, 1);
    const jobs = (await orch.redis.keys("bull:orch-*")).filter((key) => !key.endsWith(":meta"));
    await orch.redis.del(jobs);
    await inRecord(before, { agent: AGENT, host: home });
    const queue = makeTaskQueue(orch.redis);
    await queue.enqueue((await orch.store.read(taskId)) as Task);
    await queue.close();
    expect(await orch.host.logged(/lock regained/)).toBeDefined();
    const again = await orch.task(taskId, ({ epoch }) => epoch === 1);
    expect(again.state).toMatchObject({ name: "running", host: home, lane: { agent: AGENT } });
    await oneGoodEnd(taskId);
    expect([starts(orch.host), starts(other)]).toEqual([1, 0]);
  });

  test("what goes on with a session goes where that is kept, whoever else is free", async () => {
    const { home, elsewhere } = await start();
    const place = await orch.place({ agent: "remembers" });
    await orch.simulator.commit(place.repository, "topic", { "note.txt": "x\n" }, "Add a note", "maintainer");
    const pull = { as: "maintainer", title: "Note", head: "topic", base: "main" };
    const { number } = await orch.simulator.openPull(place.repository, pull);
    const hosts: (string | undefined)[] = [];
    for (const text of ["/orch remember this", "/orch remember this as well", "/orch remember that, too"]) {
      const { taskId } = await orch.command(text, { ...place, number });
      expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request", number });
      const { runs = [] } = (await orch.store.read(taskId)) ?? {};
      hosts.push(runs[0]?.host);
      if (hosts.length > 1) expect(runs[0]?.progress.start?.how).toBe("resumed");
    }
    expect([home, elsewhere]).toContain(hosts[0]);
    expect(new Set(hosts).size).toBe(1);
  });

  test("a task reaches only a host that has its agent", async () => {
    const command = ["/bin/sh", "-c", "cat >/dev/null; sed -i 's/a - b/a + b/' add.js; git commit -qam Repair"];
    const { elsewhere } = await start({ rare: { kind: "plain", command, env: {}, passEnv: [], readable: [] } });
    await stopAll();
    const place = await orch.place({ agent: "rare" });
    const taskId = await taskIn({ agent: "rare" }, place);
    await orch.host.start();
    const { taskId: usual } = await orch.command("/orch fix the tests");
    await waits(usual, 1); // the first host has looked, and has slots left
    expect(await orch.store.read(taskId)).toMatchObject({ epoch: 0, state: { name: "queued" } });
    await other.start();
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    expect(other.log()).toContain(elsewhere);
    expect([starts(orch.host), starts(other)]).toEqual([1, 1]);
    await oneGoodEnd(usual);
  });

  test("a job that was left over in another lane disturbs no run, nor does one of an older program", async () => {
    const { home } = await start();
    await stopAll();
    const taskId = await taskIn({ agent: AGENT, host: home });
    await startAll();
    const running = await waits(taskId, 1);
    const queue = makeTaskQueue(orch.redis);
    const queued = { ...running, epoch: 0, state: { name: "queued" as const, since: 1 } };
    const left: (Lane | undefined)[] = [undefined, { agent: "fixes" }, { agent: AGENT, host: home }];
    for (const lane of left) await queue.enqueue({ ...queued, state: { ...queued.state, lane } });
    // And the one that a sweep adds which believes the run's own to be lost.
    for (const lane of left) await queue.enqueue({ ...running, state: { ...queued.state, lane } });
    await expect.poll(() => queue.depth()).toMatchObject({ waiting: 0, active: 1 });
    await queue.close();
    expect(await orch.store.read(taskId)).toMatchObject({
      epoch: 1,
      crashes: [],
      state: { name: "running", host: home },
    });
    // What the host knows of where its job is survives its death.
    await orch.host.kill();
    await orch.host.start();
    expect(await orch.host.logged(/run taken up again/)).toContain('"lock":true');
    await oneGoodEnd(taskId);
    expect([starts(orch.host), starts(other)]).toEqual([1, 0]);
    expect((await orch.store.read(taskId))?.epoch).toBe(1);
  });
});
