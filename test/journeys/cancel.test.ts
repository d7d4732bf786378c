import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Orch, startOrch } from "../support/orch.ts";
import { ownBranch } from "../support/task-spec.ts";

describe("somebody changes their mind", () => {
  let orch: Orch;
  beforeAll(async () => {
    orch = await startOrch({ agent: "waits", slots: 1 });
  });
  afterAll(() => orch.close());

  test("/orch cancel ends a task that waits and one that runs, and the agent is gone", async () => {
    const first = await orch.place({ agent: "waits" });
    const second = await orch.place({ agent: "waits" });
    const running = await orch.command("/orch fix the tests", first);
    await orch.running(running.taskId, "working");
    const queued = await orch.command("/orch fix the tests", second);
    await orch.progressComment(/queued|waiting/i, second);

    await orch.command("/orch cancel", second);
    expect(await orch.settled(queued.taskId)).toMatchObject({
      kind: "cancelled",
      reason: { kind: "command", by: "maintainer" },
    });
    await orch.progressComment(/cancel/i, second);
    expect((await orch.store.read(queued.taskId))?.epoch).toBe(0);

    await orch.command("/orch cancel", first);
    expect(await orch.settled(running.taskId)).toMatchObject({ kind: "cancelled" });
    await orch.progressComment(/cancel/i, first);
    expect(orch.simulator.state.pulls(first.repository)).toEqual([]);
  });

  test("a first fetch that takes long holds no slot once its task is cancelled", async () => {
    const first = await orch.place({ agent: "fixes" });
    const second = await orch.place({ agent: "fixes" });
    const match = { method: "POST", path: new RegExp(`^/${first.repository.fullName}.*/git-upload-pack$`) };
    const slow = orch.simulator.faults.api({ times: 1, match, action: { slowMs: 600_000 } });
    const { taskId } = await orch.command("/orch fix the tests", first);
    await slow.firing;
    await orch.command("/orch cancel", first);
    expect(await orch.settled(taskId)).toMatchObject({ kind: "cancelled" });
    const next = await orch.command("/orch fix the tests", second);
    expect(await orch.settled(next.taskId)).toMatchObject({ kind: "pull_request" });
  }, 45_000); // after a minute without a byte git gives up by itself

  test("a push that is under way is seen to its end: the pull request is there, and the comment says so", async () => {
    const place = await orch.place({ agent: "fixes" });
    const { promise: until, resolve: takeThePush } = Promise.withResolvers<void>();
    const held = orch.simulator.faults.api({
      times: 1,
      match: { method: "POST", path: /git-receive-pack$/ },
      action: { until },
    });
    const { taskId } = await orch.command("/orch fix the tests", place);
    await held.firing;
    await orch.command("/orch cancel", place);
    await orch.task(taskId, (task) => task.cancel !== undefined);
    takeThePush();
    expect(await orch.settled(taskId)).toMatchObject({ kind: "pull_request" });
    await orch.progressComment(/pull request #\d+.*cancellation came too late/s, place);
  });

  test("closing the issue ends its task, and the comment says why", async () => {
    const place = await orch.place({ agent: "waits" });
    const { taskId } = await orch.command("/orch fix the tests", place);
    await orch.running(taskId, "working");
    await orch.simulator.closeIssue(place.repository, place.number, { as: "maintainer" });
    expect(await orch.settled(taskId)).toMatchObject({
      kind: "cancelled",
      reason: { kind: "issue_closed", by: "maintainer" },
    });
    expect(await orch.progressComment(/closed/i, place)).toBeTruthy();
  });

  test("deleting the command ends its task", async () => {
    const place = await orch.place({ agent: "waits" });
    const { taskId, commentId } = await orch.command("/orch fix the tests", place);
    await orch.running(taskId, "working");
    await orch.simulator.deleteComment(place.repository, commentId, { as: "maintainer" });
    expect(await orch.settled(taskId)).toMatchObject({ kind: "cancelled", reason: { kind: "taken_back" } });
    expect(await orch.progressComment(/deleted/i, place)).toBeTruthy();
  });

  test("a pull request that somebody opens by hand on the task's branch settles it, and the agent stops", async () => {
    const place = await orch.place({ agent: "waits" });
    const { taskId } = await orch.command("/orch fix the tests", place);
    await orch.running(taskId, "working");
    const branch = ownBranch(place.number, taskId);
    await orch.simulator.commit(
      place.repository,
      branch,
      { "add.js": "export const add = (a, b) => b + a;\n" },
      "By hand",
      "maintainer",
    );
    const { number } = await orch.simulator.openPull(place.repository, {
      as: "maintainer",
      title: "By hand",
      head: branch,
      base: "main",
    });
    expect(await orch.settled(taskId)).toMatchObject({ kind: "pull_request", number });
    await orch.progressComment(new RegExp(`#${number}`), place);
    // The slot is free again only when the agent is gone: the next task gets it.
    const next = await orch.place({ agent: "fixes" });
    const after = await orch.command("/orch fix the tests", next);
    expect(await orch.settled(after.taskId)).toMatchObject({ kind: "pull_request" });
    expect(orch.simulator.state.pulls(place.repository)).toHaveLength(1);
  });
});
