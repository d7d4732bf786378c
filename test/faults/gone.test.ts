/** What the task needs is taken away while it waits or works: each has a clear end, never a hang. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Orch, type Place, startOrch } from "../support/orch.ts";

describe("the ground goes away under a task", () => {
  let orch: Orch;
  beforeAll(async () => {
    orch = await startOrch({ agent: "waits", slots: 3 });
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
    expect(answer).toMatch(/closed.*`topic` no longer exists/);
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
    const { place, taskId } = await atWork(orch, "archivist");
    orch.simulator.archive(place.repository);
    await endsBecause(taskId, "repository_archived");
  });

  test.each(["suspended", "deleted"] as const)("an installation that is %s ends its tasks", async (how) => {
    const { place, taskId } = await atWork(orch, how);
    const { installationId } = place.repository;
    if (how === "suspended") orch.simulator.suspendInstallation(installationId);
    else orch.simulator.deleteInstallation(installationId);
    await endsBecause(taskId, "installation_removed");
  });

  /** Because the delivery said so. Then the agent is stopped, and GitHub refuses to hear of that: either may end the task. */
  async function endsBecause(taskId: string, kind: string) {
    const outcome = await orch.told(taskId);
    const wish = (await orch.store.events(taskId)).find(({ what }) => what === "cancel");
    expect(wish?.detail).toMatchObject({ reason: { kind } });
    if (outcome.kind !== "refused") expect(outcome).toMatchObject({ kind: "cancelled", reason: { kind } });
  }
});

describe("the ground goes away, and the news of it is lost", () => {
  let orch: Orch;
  beforeAll(async () => {
    orch = await startOrch({ agent: "talks", slots: 3 });
  });
  afterAll(() => orch.close());

  test("GitHub's refusal of the next edit says what has happened, and the task ends", async () => {
    const [archived, suspended, deleted] = await Promise.all([
      atWork(orch, "archiving"),
      atWork(orch, "suspending"),
      atWork(orch, "deleting"),
    ]);
    const lost = ["repository.archived", "installation.suspend", "installation.deleted"].map((event) =>
      orch.simulator.faults.deliveries({ times: 1, event, action: "drop" }),
    );
    orch.simulator.archive(archived.place.repository);
    orch.simulator.suspendInstallation(suspended.place.repository.installationId);
    orch.simulator.deleteInstallation(deleted.place.repository.installationId);
    expect(lost.map(({ fired }) => fired)).toEqual([1, 1, 1]);
    await orch.letGo("say-more");
    const outcomes = await Promise.all([archived, suspended, deleted].map(({ taskId }) => orch.told(taskId)));
    expect(outcomes).toMatchObject([
      { kind: "refused", reason: expect.stringContaining("repository is archived") },
      { kind: "refused", reason: expect.stringContaining("installation is suspended") },
      { kind: "refused", reason: expect.stringContaining("no longer installed") },
    ]);
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
    await lost.firing;
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

/** A task whose agent works, as GitHub shows it; the next edit is some seconds away. An owner is an installation of its own. */
async function atWork(orch: Orch, owner: string): Promise<{ place: Place; taskId: string }> {
  const repository = await orch.simulator.createRepository({
    owner,
    name: "calculator",
    files: { "README.md": "# Calculator\n" },
    collaborators: { maintainer: "admin" },
  });
  const { number } = await orch.simulator.openIssue(repository, { as: "maintainer", title: "Tests fail" });
  const place = { repository, number };
  const { taskId } = await orch.command("/orch fix the tests", place);
  await orch.progressComment(/The agent is working/, place);
  // The label's colour is the last word of that report.
  const labels = () => orch.simulator.state.issue(repository, number)?.labels ?? [];
  await orch.simulator.waitFor(
    () => labels().some(({ name, description }) => name === "orch:running" && description),
    30_000,
  );
  return { place, taskId };
}

/** A pull request from the branch `topic` of a repository of its own. */
async function pullRequest(orch: Orch): Promise<Place> {
  const { repository } = await orch.place({ agent: "waits" });
  await orch.simulator.commit(repository, "topic", { "note.txt": "x\n" }, "Add a note", "maintainer");
  const pull = { as: "maintainer", title: "Note", head: "topic", base: "main" };
  const { number } = await orch.simulator.openPull(repository, pull);
  return { repository, number };
}
