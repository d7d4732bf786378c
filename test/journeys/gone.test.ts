/** What the task needs is taken away while it waits or works: each has a clear end, never a hang. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Orch, type Place, startOrch } from "../support/orch.ts";

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

  test("a pull request whose branch was deleted before the command is heard: the answer names the branch", async () => {
    const place = await pullRequest(orch);
    const held = orch.simulator.faults.deliveries({ times: 1, event: "issue_comment", action: "hold" });
    const { taskId } = await orch.command("/orch fix the tests", place);
    expect(held.fired).toBe(1);
    await orch.simulator.deleteBranch(place.repository, "topic", "maintainer");
    await orch.simulator.faults.releaseHeld();
    const answer = await orch.simulator.waitFor(() => orch.botComments(place)[0]?.body, 30_000);
    expect(answer).toMatch(/closed.*`topic` does not exist/);
    expect(await orch.store.read(taskId)).toBeUndefined();
  });

  test("a branch that is deleted while the agent works ends the task: that closed the pull request", async () => {
    const place = await pullRequest(orch);
    const { taskId } = await orch.command("/orch fix the tests", place);
    await orch.running(taskId, "working");
    await orch.simulator.deleteBranch(place.repository, "topic", "maintainer");
    expect(await orch.told(taskId)).toMatchObject({
      kind: "cancelled",
      reason: { kind: "issue_closed", by: "maintainer" },
    });
    expect(await orch.progressComment(/closed the issue or pull request/, place)).toBeTruthy();
    expect(Object.keys(orch.simulator.state.branches(place.repository))).toEqual(["main"]);
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

describe("the branch goes away under a task that waits for a slot", () => {
  let orch: Orch;
  beforeAll(async () => {
    orch = await startOrch({ agent: "waits", slots: 1 });
  });
  afterAll(() => orch.close());

  test("it ends at once when GitHub tells of the closing, and as refused when that news is lost", async () => {
    const first = await orch.command("/orch fix the tests");
    await orch.running(first.taskId, "working");
    const [told, untold] = [await pullRequest(orch), await pullRequest(orch)];
    const heard = await orch.command("/orch fix the tests", told);
    const unheard = await orch.command("/orch fix the tests", untold);
    await orch.progressComment(/queued/i, told);
    await orch.progressComment(/queued/i, untold);

    await orch.simulator.deleteBranch(told.repository, "topic", "maintainer");
    const reason = { kind: "issue_closed", by: "maintainer" };
    expect(await orch.told(heard.taskId)).toMatchObject({ kind: "cancelled", reason });
    expect((await orch.store.read(heard.taskId))?.epoch).toBe(0);

    const lost = orch.simulator.faults.deliveries({ times: 1, event: "pull_request.closed", action: "drop" });
    await orch.simulator.deleteBranch(untold.repository, "topic", "maintainer");
    expect(lost.fired).toBe(1);
    await orch.letGo();
    expect(await orch.told(first.taskId)).toMatchObject({ kind: "pull_request" });
    expect(await orch.told(unheard.taskId)).toMatchObject({
      kind: "refused",
      reason: expect.stringContaining("`topic` does not exist"),
    });
    await orch.progressComment(/topic.{0,3} does not exist/, untold);
    expect(Object.keys(orch.simulator.state.branches(untold.repository))).toEqual(["main"]);
  });
});

describe("an installation that is taken away before the bot knows its own name", () => {
  let orch: Orch;
  beforeAll(async () => {
    orch = await startOrch({ agent: "fixes" });
  });
  afterAll(() => orch.close());

  test("ends its own tasks only: the next installation's task gets its pull request", async () => {
    const { simulator } = orch;
    const file = { ".github/orch.yml": "agent: waits\n" };
    const owner = "octo-org";
    const repository = await simulator.createRepository({
      owner,
      name: "suspended",
      files: file,
      collaborators: { maintainer: "admin" },
    });
    const { number } = await simulator.openIssue(repository, { as: "maintainer", title: "Tests fail" });
    const held = simulator.faults.deliveries({ times: 1, event: "issue_comment", action: "hold" });
    const lost = simulator.faults.deliveries({ times: 1, event: "installation.suspend", action: "drop" });
    const first = await orch.command("/orch fix the tests", { repository, number });
    simulator.suspendInstallation(repository.installationId);
    await simulator.waitFor(() => lost.fired === 1);
    await simulator.faults.releaseHeld();
    expect(held.fired).toBe(1);
    const refused = () =>
      simulator.requests().some((each) => each.path.endsWith("/access_tokens") && each.status === 403);
    await simulator.waitFor(refused);
    expect(await orch.store.read(first.taskId)).toBeUndefined();

    const { taskId } = await orch.command("/orch fix the tests");
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    expect(await orch.progressComment(/pull/)).toBeTruthy();
  });
});

/** A pull request from the branch `topic` of a repository of its own. */
async function pullRequest(orch: Orch): Promise<Place> {
  const { repository } = await orch.place({ agent: "waits" });
  await orch.simulator.commit(repository, "topic", { "note.txt": "x\n" }, "Add a note", "maintainer");
  const pull = { as: "maintainer", title: "Note", head: "topic", base: "main" };
  const { number } = await orch.simulator.openPull(repository, pull);
  return { repository, number };
}
