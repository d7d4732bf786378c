/**
 * While an agent works its repository or issue is given another name or place, or closed to us and opened again. Each has an
 * end that people can read on GitHub, or the work goes on; nothing stays "running".
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Permissions } from "../../simulator/store/model.ts";
import { progressOf } from "../../src/task/task.ts";
import { CALCULATOR } from "../support/calculator.ts";
import { type Orch, type Place, startOrch } from "../support/orch.ts";
import { ownBranch } from "../support/task-spec.ts";

let orch: Orch;
beforeAll(async () => {
  orch = await startOrch({ agent: "waits", slots: 4 });
});
afterAll(() => orch.close());

const ALL: Permissions = {
  checks: "write",
  contents: "write",
  issues: "write",
  metadata: "read",
  pull_requests: "write",
  statuses: "read",
};
/** All that the App asks for but the right to change this. */
const without = (what: keyof Permissions): Permissions => ({ ...ALL, [what]: "read" });

type AtWork = { place: Place; taskId: string; commentId: number; letGo: () => Promise<void> };

/** An issue in a repository of an owner, and so of an installation, of its own. */
async function issueOf(owner: string): Promise<Place> {
  const repository = await orch.simulator.createRepository({
    owner,
    name: "calculator",
    files: { ...CALCULATOR, "wait-for": owner },
    collaborators: { maintainer: "admin" },
  });
  const { number } = await orch.simulator.openIssue(repository, { as: "maintainer", title: "The tests fail" });
  return { repository, number };
}

const labels = ({ repository, number }: Place) => orch.simulator.state.labels(repository, number);

/** A task whose agent works, as GitHub shows it. */
async function atWork(owner: string): Promise<AtWork> {
  const place = await issueOf(owner);
  const { taskId, commentId } = await orch.command("/orch fix the tests", place);
  await orch.task(taskId, (task) => progressOf(task).lastLines?.includes("I wait to be let go") === true);
  await orch.progressComment(/The agent is working/, place);
  // Its colour is the last word of the report that sets it.
  const all = () => orch.simulator.state.issue(place.repository, place.number)?.labels ?? [];
  const isTold = () => all().some(({ name, description }) => name === "orch:running" && description);
  await orch.simulator.waitFor(isTold, 30_000);
  return { place, taskId, commentId, letGo: () => orch.letGo(owner) };
}

/** The comment has this end, and nothing says "running" any more. */
async function ends(place: Place, words: RegExp, label: "orch:done" | "orch:failed"): Promise<string> {
  const comment = await orch.progressComment(words, place);
  expect(comment).not.toMatch(/is working|in the queue/);
  await orch.simulator.waitFor(() => labels(place).join() === label, 60_000);
  return comment;
}

/** Which of the two comes first nobody can say: the work goes on, or it has ended for the App was away for a moment. */
const PUBLISHED = /^### ✅/;

describe("while the agent works", () => {
  test("its repository is renamed: the work goes on, and nothing is written where the old name is given away", async () => {
    const { place, taskId, letGo } = await atWork("renaming");
    const renamed = orch.simulator.renameRepository(place.repository, "sums");
    const squatter = await issueOf("renaming");
    await letGo();
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    const now = { repository: renamed, number: place.number };
    await ends(now, PUBLISHED, "orch:done");
    expect(orch.simulator.state.pulls(renamed)).toHaveLength(1);
    expect(orch.botComments(squatter)).toEqual([]);
    expect(Object.keys(orch.simulator.state.branches(squatter.repository))).toEqual(["main"]);
  });

  test("its repository is given to another owner who has the App: it ends, or goes on, and says so there", async () => {
    const { place, taskId, letGo } = await atWork("giving");
    const given = orch.simulator.transferRepository(place.repository, "taking", { install: true });
    const now = { repository: given, number: place.number };
    await letGo();
    await orch.settled(taskId);
    const comment = await orch.progressComment(/^### (✅|🚫|⛔)/, now);
    await orch.simulator.waitFor(() => /^orch:(done|failed)$/.test(labels(now).join()), 60_000);
    expect(orch.simulator.state.pulls(given)).toHaveLength(comment.startsWith("### ✅") ? 1 : 0);
  });

  test("its repository is given to an owner without the App: it ends, and says so there once the App is installed", async () => {
    const { place, taskId } = await atWork("leaving");
    orch.simulator.transferRepository(place.repository, "without");
    const outcome = await orch.told(taskId);
    expect(outcome.kind).toMatch(/cancelled|refused/);
    const back = orch.simulator.install("without/calculator");
    await ends({ repository: back, number: place.number }, /no longer|can no longer/, "orch:failed");
  });

  test("its issue moves to another repository: it ends, and says so there", async () => {
    const { place, taskId } = await atWork("moving");
    const other = await orch.simulator.createRepository({
      owner: "moving",
      name: "other",
      files: { "README.md": "# Other\n" },
      collaborators: { maintainer: "admin" },
    });
    const { number } = await orch.simulator.transferIssue(place.repository, place.number, other, { as: "maintainer" });
    expect(await orch.told(taskId)).toMatchObject({ kind: "cancelled" });
    await ends({ repository: other, number }, /moved the issue/, "orch:failed");
  });

  test("the conversation is locked: the pull request opens, and the comment says so at the latest when it is unlocked", async () => {
    const { place, taskId, letGo } = await atWork("locking");
    const as = { as: "maintainer" };
    await orch.simulator.lockIssue(place.repository, place.number, as);
    await letGo();
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    await orch.simulator.unlockIssue(place.repository, place.number, as);
    await ends(place, PUBLISHED, "orch:done");
    expect(orch.simulator.state.pulls(place.repository)).toHaveLength(1);
  });

  test("the default branch is renamed: the pull request is onto what it is called now", async () => {
    const { place, taskId, letGo } = await atWork("branching");
    await orch.simulator.renameBranch(place.repository, "main", "trunk");
    await letGo();
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    const [pull] = orch.simulator.state.pulls(place.repository);
    expect(pull?.pull).toMatchObject({ baseRef: "trunk", headRef: ownBranch(place.number, taskId, "fix-the-tests") });
    await ends(place, PUBLISHED, "orch:done");
  });
});

describe("while the agent works GitHub is closed to the App, and opened again", () => {
  test("the App is suspended: the task ends, and says so when the App is back", async () => {
    const { place, taskId } = await atWork("suspending");
    const { installationId } = place.repository;
    orch.simulator.suspendInstallation(installationId);
    expect((await orch.told(taskId)).kind).toMatch(/cancelled|refused/);
    orch.simulator.unsuspendInstallation(installationId);
    await ends(place, /no longer has access|suspended/, "orch:failed");
  });

  test("the repository is archived: the task ends, and says so when it is writable again", async () => {
    const { place, taskId } = await atWork("archiving");
    orch.simulator.archive(place.repository);
    expect((await orch.told(taskId)).kind).toMatch(/cancelled|refused/);
    orch.simulator.unarchive(place.repository);
    await ends(place, /archived/, "orch:failed");
  });

  test("the App's permission to push is withdrawn: the task ends with the name of the permission", async () => {
    const { place, taskId, letGo } = await atWork("withdrawing");
    orch.simulator.setInstallationPermissions(place.repository.installationId, without("contents"));
    await letGo();
    expect(await orch.told(taskId)).toMatchObject({ kind: "refused" });
    await ends(place, /lacks the permission/, "orch:failed");
  });

  test("it is given back before the agent is done: nothing of it is seen", async () => {
    const { place, taskId, letGo } = await atWork("lending");
    orch.simulator.setInstallationPermissions(place.repository.installationId, without("contents"));
    orch.simulator.setInstallationPermissions(place.repository.installationId, ALL);
    await letGo();
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    await ends(place, PUBLISHED, "orch:done");
  });

  test("the App's permission to write comments is withdrawn and given back: the end is told then", async () => {
    const { place, taskId, letGo } = await atWork("muting");
    orch.simulator.setInstallationPermissions(place.repository.installationId, without("issues"));
    await letGo();
    expect(await orch.settled(taskId)).toMatchObject({ kind: "pull_request" });
    orch.simulator.setInstallationPermissions(place.repository.installationId, ALL);
    await ends(place, PUBLISHED, "orch:done");
  });

  test("whoever asked may write no longer: nothing is published, and the comment says why", async () => {
    const { place, taskId, letGo } = await atWork("demoting");
    orch.simulator.setPermission(place.repository, "maintainer", "read");
    await letGo();
    expect(await orch.told(taskId)).toMatchObject({ kind: "refused" });
    await ends(place, /may no longer write to this repository/, "orch:failed");
    expect(Object.keys(orch.simulator.state.branches(place.repository))).toEqual(["main"]);
  });

  test("whoever asked may write again in time: it is published", async () => {
    const { place, taskId, letGo } = await atWork("forgiving");
    orch.simulator.setPermission(place.repository, "maintainer", "read");
    orch.simulator.setPermission(place.repository, "maintainer", "admin");
    await letGo();
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    await ends(place, PUBLISHED, "orch:done");
  });
});

test("the default branch is renamed while the task waits for a host: the work begins where that branch is now", async () => {
  const place = await issueOf("waiting");
  await orch.host.stop("SIGTERM");
  const { taskId } = await orch.command("/orch fix the tests", place);
  await orch.task(taskId, ({ state }) => state.name !== "running");
  await orch.simulator.renameBranch(place.repository, "main", "trunk");
  const { spec } = await orch.task(taskId, (task) => task.spec.target.defaultBranch === "trunk");
  expect(spec.target).toEqual({ kind: "issue", defaultBranch: "trunk" });
  await orch.host.start();
  await orch.letGo("waiting");
  expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
  expect(orch.simulator.state.pulls(place.repository)[0]?.pull).toMatchObject({ baseRef: "trunk" });
});
