/** What the task needs is taken away while it waits or works: each has a clear end, never a hang. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Orch, startOrch } from "../support/orch.ts";

describe("the ground goes away under a task", () => {
  let orch: Orch;
  beforeAll(async () => {
    orch = await startOrch({ agent: "waits" });
  });
  afterAll(() => orch.close());

  test("a command on a closed issue gets a plain answer", async () => {
    const place = await orch.place();
    await orch.simulator.closeIssue(place.repository, place.number, { as: "maintainer" });
    await orch.command("/orch fix the tests", place);
    const body = await orch.simulator.waitFor(() => orch.botComments(place)[0]?.body);
    expect(body).toMatch(/closed/i);
    expect(await orch.store.idsOfIssue(place.repository.id, place.number)).toEqual([]);
  });

  test("a pull request whose branch was deleted: the answer names the branch", async () => {
    const place = await orch.place({ agent: "fixes" });
    await orch.simulator.commit(place.repository, "topic", { "note.txt": "x\n" }, "Add a note", "maintainer");
    const { number } = await orch.simulator.openPull(place.repository, {
      as: "maintainer",
      title: "Note",
      head: "topic",
      base: "main",
    });
    const blocker = orch.simulator.faults.deliveries({ times: 1, event: "issue_comment", action: "hold" });
    const { taskId } = await orch.command("/orch fix the tests", { repository: place.repository, number });
    expect(blocker.fired).toBe(1);
    await orch.simulator.deleteBranch(place.repository, "topic", "maintainer");
    await orch.simulator.faults.releaseHeld();
    const answer = await orch.simulator.waitFor(
      () =>
        orch
          .botComments({ repository: place.repository, number })
          .find((each) => /topic|closed|branch/i.test(each.body)),
      30_000,
    );
    expect(answer.body).toBeTruthy();
    const task = await orch.store.read(taskId);
    if (task) expect(await orch.settled(taskId)).toMatchObject({ kind: expect.stringMatching(/refused|cancelled/) });
  });

  test("an archived repository ends its task; nothing can be written there any more", async () => {
    const place = await orch.place({ agent: "waits" });
    const { taskId } = await orch.command("/orch fix the tests", place);
    await orch.running(taskId, "working");
    orch.simulator.archive(place.repository);
    // Two ways to the same end: the delivery that says so, or GitHub's answer to the next edit of the comment.
    expect(JSON.stringify(await orch.told(taskId))).toMatch(/repository_archived|is archived/);
  });

  test.each(["suspended", "deleted"] as const)("an installation that is %s ends its tasks", async (how) => {
    const place = await orch.place({ agent: "waits" });
    const { taskId } = await orch.command("/orch fix the tests", place);
    await orch.running(taskId, "working");
    const { installationId } = place.repository;
    if (how === "suspended") orch.simulator.suspendInstallation(installationId);
    else orch.simulator.deleteInstallation(installationId);
    expect(JSON.stringify(await orch.told(taskId))).toMatch(
      /installation_removed|installation is|no longer|removed|may not see/,
    );
    if (how === "suspended") orch.simulator.unsuspendInstallation(installationId);
  });
});
