/** Requests that stand behind another one of their issue; the worker host is played by the store. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Task } from "../../src/task/task.ts";
import { type BotSetting, MAINTAINER, startBotSetting } from "../support/bot.ts";
import { claimedBy } from "../support/task-spec.ts";

let orch: BotSetting;
beforeAll(async () => {
  orch = await startBotSetting();
});
afterAll(() => orch.close());

async function say(number: number, body: string): Promise<string> {
  const { id } = await orch.comment(number, body, MAINTAINER);
  await orch.quiet();
  return orch.taskId(id);
}

const until = (id: string, check: (task: Task) => boolean): Promise<Task> =>
  vi.waitFor(
    async () => {
      const task = await orch.store.read(id);
      if (!task || !check(task)) throw new Error(`the task is ${task?.state.name}`);
      return task;
    },
    { timeout: 20_000, interval: 20 },
  );
const isQueued = ({ state }: Task) => state.name === "queued";

/** The task works, and its branch is pushed: the bot opens the pull request. */
async function publish(id: string): Promise<{ number: number; branch: string }> {
  const task = await orch.store.advance(id, { ...claimedBy("h0000000"), lane: { agent: "scripted" } });
  const branch = `orch/${task?.spec.number}-work-${id.slice(0, 8)}`;
  const sha = await orch.github.commit(orch.repository, branch, { "a.txt": id }, "Work", MAINTAINER);
  const pushed = { branch, sha, base: "main", files: 1, additions: 1, deletions: 0, commits: 1 };
  const progress = { agent: "scripted" };
  await orch.store.advance(id, { name: "pushed", epoch: 1, pushed, progress, at: Date.now() });
  const { pullRequest } = await until(id, ({ state }) => state.name === "settled");
  return { number: pullRequest?.number ?? 0, branch };
}

async function end(id: string): Promise<void> {
  await orch.store.advance(id, { ...claimedBy("h0000000"), lane: { agent: "scripted" } });
  const at = Date.now();
  await orch.store.advance(id, { name: "progress", epoch: 1, progress: { agent: "scripted" }, at });
  await orch.store.advance(id, { name: "ended", epoch: 1, outcome: { kind: "no_changes", lastWords: "" }, at });
}

const lastReply = (number: number): string | undefined => orch.replies(number).at(-1);

test("it waits for the newest, and goes on on the branch of its pull request", async () => {
  const number = await orch.openIssue();
  const first = await say(number, "/orch fix one");
  const second = await say(number, "/orch then update the docs\n\nAll of them.");
  expect(await orch.store.read(second)).toMatchObject({
    state: { name: "waiting", reasons: [{ for: "task", task: first, behind: true }] },
    spec: { after: first, instruction: "update the docs", details: "All of them.", target: { kind: "issue" } },
  });
  const pull = await publish(first);
  expect(await until(second, isQueued)).toMatchObject({
    continues: first,
    spec: { number, target: { kind: "pull", number: pull.number, headRef: pull.branch, baseRef: "main" } },
  });
  expect(orch.replies(number)).toEqual([]);
});

test("behind one that is over it starts at once, on its pull request", async () => {
  const number = await orch.openIssue();
  const first = await say(number, "/orch fix one");
  const pull = await publish(first);
  const second = await say(number, "/orch then update the docs");
  expect(await until(second, isQueued)).toMatchObject({
    continues: first,
    spec: { target: { kind: "pull", number: pull.number, headRef: pull.branch } },
  });
});

test("behind one whose pull request is closed it starts anew, and says so", async () => {
  const number = await orch.openIssue();
  const first = await say(number, "/orch fix one");
  const pull = await publish(first);
  await orch.github.closePull(orch.repository, pull.number, { as: MAINTAINER });
  const second = await say(number, "/orch then update the docs");
  const task = await until(second, isQueued);
  expect(task.spec.target.kind).toBe("issue");
  expect(task.continues).toBeUndefined();
  expect(lastReply(number)).toContain(`Pull request #${pull.number} of the task before it is not open any more`);
});

test("asked for once more, it goes on where the pull request is, and anew where that is closed by then", async () => {
  const number = await orch.openIssue();
  const first = await say(number, "/orch fix one");
  const second = await say(number, "/orch then update the docs");
  const pull = await publish(first);
  await until(second, isQueued);
  await end(second);
  const third = await say(number, `/orch retry ${second}`);
  expect((await until(third, isQueued)).spec).toMatchObject({ after: first, target: { number: pull.number } });
  await end(third);
  await orch.github.closePull(orch.repository, pull.number, { as: MAINTAINER });
  const fourth = await say(number, `/orch retry ${second}`);
  expect((await until(fourth, isQueued)).spec).toMatchObject({ target: { kind: "issue" } });
  expect(lastReply(number)).toContain(`Pull request #${pull.number} of the task before it is not open any more`);
});

test("behind one that came to nothing it goes on from that, on a branch of its own", async () => {
  const number = await orch.openIssue();
  const first = await say(number, "/orch base=main fix one");
  const second = await say(number, "/orch then update the docs");
  await end(first);
  expect(await until(second, isQueued)).toMatchObject({
    continues: first,
    spec: { target: { kind: "issue", base: "main" } },
  });
});

test("it ends with the one that it waits for when that is cancelled, and so does what stands behind it", async () => {
  const number = await orch.openIssue();
  const first = await say(number, "/orch fix one");
  const second = await say(number, "/orch then update the docs");
  const third = await say(number, "/orch then tell the others");
  await say(number, `/orch cancel ${first}`);
  const isOver = ({ state }: Task) => state.name === "settled";
  expect(await until(second, isOver)).toMatchObject({
    state: { outcome: { kind: "cancelled", reason: { kind: "first_cancelled", task: first } } },
  });
  expect(await until(third, isOver)).toMatchObject({
    state: { outcome: { kind: "cancelled", reason: { kind: "first_cancelled", task: second } } },
  });
});

test("the pull request that it goes on on is closed: it is cancelled like any task there", async () => {
  const number = await orch.openIssue();
  const first = await say(number, "/orch fix one");
  const second = await say(number, "/orch then update the docs");
  const pull = await publish(first);
  await until(second, isQueued);
  await orch.github.closePull(orch.repository, pull.number, { as: MAINTAINER });
  await until(second, ({ state }) => state.name === "settled");
});

test("another task is meant by its id; without one before it, it is a request like any other", async () => {
  const number = await orch.openIssue();
  const alone = await say(number, "/orch then fix one");
  const other = await say(number, "/orch fix two");
  const behind = await say(number, `/orch then ${alone} update the docs`);
  expect((await orch.store.read(alone))?.spec).not.toHaveProperty("after");
  expect((await orch.store.read(behind))?.spec).toMatchObject({ after: alone, instruction: "update the docs" });
  expect((await orch.store.read(other))?.state.name).toBe("queued");
  await say(number, "/orch then taaaaaaaaaaaaaaa update the docs");
  expect(lastReply(number)).toContain("There is no task `taaaaaaaaaaaaaaa` here, so I have started nothing");
  await say(number, `/orch then ${alone}`);
  expect(lastReply(number)).toContain("There is nothing behind the id");
  await say(number, "/orch base=main then update the docs");
  expect(lastReply(number)).toContain("`base=` is not possible with `then`");
});
