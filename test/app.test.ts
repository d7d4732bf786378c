import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { branchOf } from "../src/task/branch.ts";
import { keys } from "../src/task/keys.ts";
import type { Task } from "../src/task/task.ts";
import { type BotSetting, MAINTAINER, STRANGER, startBotSetting } from "./support/bot.ts";
import { deliver } from "./support/deliver.ts";
import { claimedBy } from "./support/task-spec.ts";

let orch: BotSetting;
let number: number;
let commentId: number;
let id: string;

beforeAll(async () => {
  orch = await startBotSetting();
});
afterAll(() => orch.close());
beforeEach(async () => {
  number = await orch.openIssue();
  commentId = (await orch.comment(number, "/orch fix the tests")).id;
  id = orch.taskId(commentId);
  await orch.quiet();
  // A report under way would meet the closed doors first, and say so in an outcome of its own.
  await expect.poll(() => orch.redis.zscore(keys.unreported, id), { timeout: 20_000, interval: 10 }).toBeNull();
});

const task = async () => (await orch.store.read(id)) as Task;
const claim = () => orch.store.advance(id, claimedBy("host-a"));
const pushBranch = async () => {
  const branch = branchOf((await task()).spec);
  await orch.github.commit(orch.repository, branch, { "fix.txt": `${id}\n` }, "Fix", MAINTAINER);
  return branch;
};

describe("a task ends", () => {
  test("when its comment is deleted", async () => {
    await orch.github.deleteComment(orch.repository, commentId, { as: MAINTAINER });
    await orch.quiet();
    expect((await task()).state).toMatchObject({
      outcome: { kind: "cancelled", reason: { kind: "taken_back", by: MAINTAINER } },
    });
  });

  test("when its comment is deleted after the command was edited out of it", async () => {
    await orch.github.editComment(orch.repository, commentId, "Never mind.", { as: MAINTAINER });
    await orch.github.deleteComment(orch.repository, commentId, { as: MAINTAINER });
    await orch.quiet();
    expect((await task()).state).toMatchObject({ outcome: { reason: { kind: "taken_back", by: MAINTAINER } } });
  });

  test("when its issue is closed; while it runs, its host is asked", async () => {
    await claim();
    await orch.github.closeIssue(orch.repository, number, { as: MAINTAINER });
    await orch.quiet();
    expect(await task()).toMatchObject({
      state: { name: "running" },
      cancel: { kind: "issue_closed", by: MAINTAINER },
    });
  });

  test("when its pull request is opened, whoever opened it", async () => {
    await claim();
    const head = await pushBranch();
    const pull = await orch.github.openPull(orch.repository, { as: STRANGER, title: "Fix", head, base: "main" });
    await orch.quiet();
    expect((await task()).state).toMatchObject({
      name: "settled",
      outcome: { kind: "pull_request", number: pull.number },
    });
  });

  test("when the pull request on which it works is closed", async () => {
    const head = `feature-${number}`;
    await orch.github.commit(orch.repository, head, { "a.txt": `${head}\n` }, "Add", MAINTAINER);
    const pull = await orch.github.openPull(orch.repository, { as: MAINTAINER, title: "A", head, base: "main" });
    const given = await orch.comment(pull.number, "/orch add tests");
    await orch.quiet();
    await orch.github.closePull(orch.repository, pull.number, { as: MAINTAINER });
    await orch.quiet();
    expect((await orch.store.read(orch.taskId(given.id)))?.state).toMatchObject({
      outcome: { kind: "cancelled", reason: { kind: "issue_closed" } },
    });
  });

  test("when the repository is archived", async () => {
    orch.github.archive(orch.repository);
    await orch.quiet();
    expect((await task()).state).toMatchObject({ outcome: { reason: { kind: "repository_archived" } } });
    orch.github.unarchive(orch.repository);
  });

  test("when the installation is suspended", async () => {
    orch.github.suspendInstallation(orch.repository.installationId);
    await orch.quiet();
    expect((await task()).state).toMatchObject({ outcome: { reason: { kind: "installation_removed" } } });
    orch.github.unsuspendInstallation(orch.repository.installationId);
  });
});

describe("a task goes on", () => {
  test("when a fork opens a pull request from a branch of the same name", async () => {
    const { spec } = await task();
    const fork = await orch.github.fork(orch.repository, { as: STRANGER });
    await orch.github.commit(fork, branchOf(spec), { "evil.txt": "x\n" }, "Fake", STRANGER);
    const head = `${STRANGER}:${branchOf(spec)}`;
    await orch.github.openPull(orch.repository, { as: STRANGER, title: "Fake", head, base: "main" });
    await orch.quiet();
    expect((await task()).state.name).toBe("queued");
  });

  test("when another comment or issue is deleted or closed", async () => {
    const other = await orch.openIssue();
    const chat = await orch.comment(number, "Thanks!");
    await orch.github.deleteComment(orch.repository, chat.id, { as: MAINTAINER });
    await orch.github.closeIssue(orch.repository, other, { as: MAINTAINER });
    await orch.quiet();
    expect((await task()).state.name).toBe("queued");
  });
});

test("late news that the issue was closed spares what was asked for since", async () => {
  const { requestedAt } = (await task()).spec;
  const { id: repositoryId, owner, name, installationId } = orch.repository;
  const closed = (at: number) =>
    deliver(
      `${orch.url()}${orch.config.webhookPath}`,
      "issues",
      {
        action: "closed",
        installation: { id: installationId },
        repository: { id: repositoryId, name, owner: { login: owner }, default_branch: "main" },
        sender: { id: 31, login: MAINTAINER, type: "User" },
        issue: { number, closed_at: new Date(at).toISOString() },
      },
      { secret: orch.config.webhookSecret },
    );
  expect((await closed(requestedAt - 1_000)).status).toBe(200);
  expect((await task()).state.name).toBe("queued");
  expect((await closed(requestedAt)).status).toBe(200);
  expect((await task()).state).toMatchObject({ outcome: { reason: { kind: "issue_closed" } } });
});

test("a comment deleted before its turn leaves no task", async () => {
  const fault = orch.github.faults.api({ match: { path: /\/collaborators\// }, times: 1, action: { status: 500 } });
  const given = await orch.comment(number, "/orch fix more");
  await fault.firing;
  await orch.github.deleteComment(orch.repository, given.id, { as: MAINTAINER });
  await orch.quiet();
  expect((await orch.store.read(orch.taskId(given.id)))?.state.name).not.toBe("queued");
});
