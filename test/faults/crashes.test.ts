/** Processes die in the middle of things. The end is the same as if they had not, and nothing happens twice. */
import { globSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { progressOf } from "../../src/task/task.ts";
import { type Orch, type Place, startOrch } from "../support/orch.ts";
import { ownBranch } from "../support/task-spec.ts";

describe("a process dies", () => {
  let orch: Orch;
  afterEach(() => orch.close());

  async function theEndIsRight(place: Place, taskId: string): Promise<void> {
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    const { state } = orch.simulator;
    expect(state.pulls(place.repository)).toHaveLength(1);
    expect(orch.botComments(place)).toHaveLength(1);
    expect(Object.keys(state.branches(place.repository)).sort()).toEqual(["main", ownBranch(place.number, taskId)]);
    const checks = state.checkRuns(place.repository).filter((each) => each.name === "orch");
    expect(checks).toHaveLength(1);
    expect(checks[0]).toMatchObject({ status: "completed", conclusion: "success" });
    expect(state.labels(place.repository, place.number)).toEqual(["orch:done"]);
    expect(orch.asked(place)).toMatchObject({ comments: 1, pulls: 1, "check-runs": 1 });
  }

  test("the worker host is killed while the agent works: the agent is taken up again, not started again", async () => {
    orch = await startOrch({ agent: "waits" });
    const place = await orch.place({ agent: "waits" });
    const { taskId } = await orch.command("/orch fix the tests", place);
    await orch.running(taskId, "working");
    await orch.task(taskId, (task) => progressOf(task).lastLines?.includes("I wait to be let go") === true);
    await orch.host.kill();
    await orch.host.start();
    await orch.host.logged(/run taken up again/);
    expect((await orch.agentOutput(taskId)).match(/I wait to be let go/g)).toHaveLength(1);
    await orch.letGo();
    await theEndIsRight(place, taskId);
    expect((await orch.store.read(taskId))?.epoch).toBe(1);
  });

  test("a planned restart of the worker host leaves the agent unharmed, too", async () => {
    orch = await startOrch({ agent: "waits" });
    const place = await orch.place({ agent: "waits" });
    const { taskId } = await orch.command("/orch fix the tests", place);
    await orch.running(taskId, "working");
    expect(await orch.host.stop("SIGTERM")).toBe(0);
    await orch.letGo(); // the agent ends while nobody watches
    await orch.host.start();
    await orch.host.logged(/run taken up again/);
    await theEndIsRight(place, taskId);
    expect((await orch.store.read(taskId))?.crashes).toEqual([]);
  });

  /** What the host does for these tasks at the moment. */
  const deeds = (ids: readonly string[]) =>
    ids.flatMap((id) => globSync(join(orch.dir, `data/host/runs/${id}-*/deed`)));

  test("one of three tasks kills the worker host again and again: it alone is given up, the others are published", async () => {
    orch = await startOrch({ agent: "waits", slots: 3 });
    const innocents = await Promise.all([1, 2].map(() => orch.place({ agent: "waits" })));
    const ids: string[] = [];
    for (const place of innocents) ids.push((await orch.command("/orch fix the tests", place)).taskId);
    for (const id of ids) await orch.task(id, (task) => progressOf(task).lastLines?.includes("I wait") === true);
    // The host dies whenever it fetches for this one.
    const poison = await orch.place({ agent: "waits" });
    const match = { path: new RegExp(`/${poison.repository.fullName}\\.git/info/refs$`) };
    let hanging = orch.simulator.faults.api({ times: 1, match, action: "hang" });
    const { taskId } = await orch.command("/orch fix the tests", poison);
    for (let death = 1; death <= 3; death++) {
      await hanging.firing;
      for (const id of ids) await orch.host.logged(new RegExp(`${id}.*step runs`));
      await expect.poll(() => deeds(ids)).toEqual([]);
      hanging = orch.simulator.faults.api({ times: 1, match, action: "hang" });
      await orch.host.kill();
      await orch.host.start();
    }
    expect(await orch.told(taskId)).toMatchObject({
      kind: "host_error",
      message: expect.stringContaining("quarantined"),
    });
    await orch.letGo();
    for (const [index, place] of innocents.entries()) await theEndIsRight(place, ids[index] ?? "");
    for (const id of ids) expect(await orch.store.read(id)).toMatchObject({ epoch: 1, crashes: [] });
  });

  test("the agent's session is killed from outside: an honest end, and no second agent", async () => {
    orch = await startOrch({ agent: "waits" });
    const { taskId } = await orch.command("/orch fix the tests");
    await orch.running(taskId, "working");
    const started = await orch.host.logged(/"step":"agent-1"/);
    process.kill((JSON.parse(started) as { wrapper: number }).wrapper, "SIGKILL");
    expect(await orch.settled(taskId)).toMatchObject({ kind: "agent_failed" });
  });

  test("the check is killed from outside: it is made again, once, and is no verdict on the work", async () => {
    orch = await startOrch({ agent: "slow-check", repositoryFile: "verify: node --test\n" });
    const { taskId } = await orch.command("/orch fix the tests");
    const wrapperOf = (line: string) => (JSON.parse(line) as { wrapper: number }).wrapper;
    const first = wrapperOf(await orch.host.logged(/"step":"verify-1"/));
    process.kill(first, "SIGKILL");
    const second = await orch.host.logged(new RegExp(`"step":"verify-1","wrapper":(?!${first},)`));
    process.kill(wrapperOf(second), "SIGKILL");
    expect(await orch.settled(taskId)).toMatchObject({
      kind: "host_error",
      message: expect.stringContaining("killed from outside twice"),
    });
  });
});
