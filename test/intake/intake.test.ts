import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keys } from "../../src/task/keys.ts";
import type { Task } from "../../src/task/task.ts";
import { type BotSetting, MAINTAINER, STRANGER, startBotSetting } from "../support/bot.ts";
import { claimedBy } from "../support/task-spec.ts";

let orch: BotSetting;

beforeAll(async () => {
  orch = await startBotSetting();
});
afterAll(() => orch.close());

const askedForPlace = (number: number) =>
  orch.github.requests().filter(({ method, path }) => method === "GET" && path.endsWith(`/issues/${number}`)).length;

const stateOf = (task: Task | undefined) => task?.state.name;

describe("a request", () => {
  test("becomes a queued task with a job", async () => {
    const number = await orch.openIssue();
    const { id } = await orch.comment(number, "Hello.\n\n/orch fix the failing tests");
    await orch.quiet();
    const task = await orch.store.read(orch.taskId(id, 3));
    expect(task?.spec).toMatchObject({
      number,
      title: "Tests fail",
      instruction: "fix the failing tests",
      actor: { login: MAINTAINER },
      target: { kind: "issue", defaultBranch: "main" },
      repository: { id: orch.repository.id, owner: "octo-org", name: "calculator" },
    });
    expect(task?.spec.repository).not.toHaveProperty("defaultBranch");
    expect(await orch.queue.holds(task as Task)).toBe(true);
    await orch.github.waitFor(() => orch.reactions(id).includes("eyes"));
    expect(orch.replies(number)).toEqual([]);
  });

  test("keeps what was written below it", async () => {
    const { id } = await orch.comment(
      await orch.openIssue(),
      "/orch fix it\n\nKeep the API.\n/orch fix more\n\nAll of it.",
    );
    await orch.quiet();
    const specs = [1, 4].map(async (line) => (await orch.store.read(orch.taskId(id, line)))?.spec);
    expect(await Promise.all(specs)).toMatchObject([
      { instruction: "fix it", details: "Keep the API." },
      { instruction: "fix more", details: "All of it." },
    ]);
  });

  test("on a pull request works on its branch", async () => {
    await orch.github.commit(orch.repository, "feature", { "a.txt": "a\n" }, "Add a", MAINTAINER);
    const pull = await orch.github.openPull(orch.repository, {
      as: MAINTAINER,
      title: "A",
      head: "feature",
      base: "main",
    });
    const { id } = await orch.comment(pull.number, "/orch add tests");
    await orch.quiet();
    const headSha = orch.github.state.branches(orch.repository).feature;
    expect((await orch.store.read(orch.taskId(id)))?.spec.target).toEqual({
      kind: "pull",
      defaultBranch: "main",
      headRef: "feature",
      headSha,
      baseRef: "main",
    });
  });

  test("on a fork's pull request is answered with the reason why not", async () => {
    const fork = await orch.github.fork(orch.repository, { as: STRANGER });
    await orch.github.commit(fork, "theirs", { "b.txt": "b\n" }, "Add b", STRANGER);
    const pull = await orch.github.openPull(orch.repository, {
      as: STRANGER,
      title: "B",
      head: `${STRANGER}:theirs`,
      base: "main",
    });
    const { id } = await orch.comment(pull.number, "/orch add tests");
    await orch.quiet();
    expect(await orch.store.read(orch.taskId(id))).toBeUndefined();
    expect(orch.reactions(id)).toEqual(["confused"]);
    expect(orch.replies(pull.number)).toEqual([expect.stringContaining("comes from a fork")]);
  });

  test("on a pull request from the default branch is answered, for nothing is pushed there", async () => {
    for (const branch of ["production", "main"])
      await orch.github.commit(orch.repository, branch, { "a.txt": branch }, "Release", MAINTAINER);
    const branches = { head: "main", base: "production" };
    const pull = await orch.github.openPull(orch.repository, { as: MAINTAINER, title: "Release", ...branches });
    const { id } = await orch.comment(pull.number, "/orch fix the release notes");
    await orch.quiet();
    expect(await orch.store.read(orch.taskId(id))).toBeUndefined();
    expect(orch.reactions(id)).toEqual(["confused"]);
    expect(orch.replies(pull.number)).toEqual([
      expect.stringMatching(/`main`, is the .* default branch.* on an issue/),
    ]);
  });

  test("on a closed issue is answered, not started", async () => {
    const number = await orch.openIssue();
    await orch.github.closeIssue(orch.repository, number, { as: MAINTAINER });
    const { id } = await orch.comment(number, "/orch fix it");
    await orch.quiet();
    expect(await orch.store.read(orch.taskId(id))).toBeUndefined();
    expect(orch.reactions(id)).toEqual(["confused"]);
    expect(orch.replies(number)).toEqual([expect.stringContaining("This issue is closed")]);
  });
});

describe("who may", () => {
  test("a stranger is refused once, however often the delivery comes", async () => {
    const number = await orch.openIssue();
    const { id } = await orch.comment(number, "/orch fix it", STRANGER);
    await orch.quiet();
    const [delivery] = orch.github
      .deliveries()
      .filter((each) => each.event === "issue_comment")
      .slice(-1);
    for (let time = 0; time < 3; time++) await orch.github.redeliver(delivery?.id ?? 0);
    await orch.quiet();
    expect(await orch.store.read(orch.taskId(id))).toBeUndefined();
    expect(orch.reactions(id)).toEqual(["confused"]);
    expect(orch.replies(number)).toEqual([expect.stringContaining("write permission")]);
  });

  test("a request's place is asked for while GitHub still looks the permission up", async () => {
    const number = await orch.openIssue();
    const until = orch.github.waitFor(() => askedForPlace(number) > 0);
    const looking = orch.github.faults.api({ match: { path: /\/collaborators\// }, times: 1, action: { until } });
    const { id } = await orch.comment(number, "/orch fix one\n\n/orch fix two");
    await looking.firing;
    await until;
    await orch.quiet();
    expect(stateOf(await orch.store.read(orch.taskId(id)))).toBe("queued");
  });

  test("a stranger hears the same when the place cannot be had", async () => {
    const number = await orch.openIssue();
    const place = orch.github.faults.api({
      match: { path: new RegExp(`/issues/${number}$`) },
      times: 1,
      action: { status: 500 },
    });
    const match = { path: new RegExp(`/collaborators/${STRANGER}/`) };
    const looking = orch.github.faults.api({ match, times: 1, action: { until: place.firing } });
    const { id } = await orch.comment(number, "/orch fix it", STRANGER);
    await orch.quiet();
    expect([place.fired, looking.fired]).toEqual([1, 1]);
    expect(orch.reactions(id)).toEqual(["confused"]);
    expect(orch.replies(number)).toEqual([expect.stringContaining("write permission")]);
  });

  test.each([
    ["help", "/orch help"],
    ["a cancel", "/orch cancel"],
    ["more requests than are allowed", "/orch fix it\n".repeat(11)],
  ])("no place is asked for %s", async (_what, body) => {
    const number = await orch.openIssue();
    await orch.comment(number, body);
    await orch.quiet();
    expect(askedForPlace(number)).toBe(0);
  });

  test.each(["read", "triage"] as const)("%s is not enough", async (role) => {
    orch.github.createUser(`${role}-er`);
    orch.github.setPermission(orch.repository, `${role}-er`, role);
    const { id } = await orch.comment(await orch.openIssue(), "/orch fix it", `${role}-er`);
    await orch.quiet();
    expect(await orch.store.read(orch.taskId(id))).toBeUndefined();
  });

  test.each(["write", "maintain", "admin"] as const)("%s is enough", async (role) => {
    orch.github.createUser(`${role}-er`);
    orch.github.setPermission(orch.repository, `${role}-er`, role);
    const { id } = await orch.comment(await orch.openIssue(), "/orch fix it", `${role}-er`);
    await orch.quiet();
    expect(stateOf(await orch.store.read(orch.taskId(id)))).toBe("queued");
  });

  test("an error of GitHub is not a yes: the question is asked again", async () => {
    const number = await orch.openIssue();
    const fault = orch.github.faults.api({ match: { path: /\/collaborators\// }, times: 2, action: { status: 502 } });
    const { id } = await orch.comment(number, "/orch fix it");
    await orch.quiet();
    expect(fault.fired).toBe(2);
    expect(stateOf(await orch.store.read(orch.taskId(id)))).toBe("queued");
  });

  test("commands in code, quotes and edits do nothing", async () => {
    const number = await orch.openIssue();
    const { id } = await orch.comment(number, "> /orch fix it\n\n```\n/orch fix it\n```\n");
    await orch.github.editComment(orch.repository, id, "/orch fix it", { as: MAINTAINER });
    await orch.quiet();
    expect(await orch.store.idsOfIssue(orch.repository.id, number)).toEqual([]);
    expect(orch.replies(number)).toEqual([]);
    expect(orch.reactions(id)).toEqual([]);
  });
});

describe("several commands", () => {
  test("are carried out in order, and answered in one reply", async () => {
    const number = await orch.openIssue();
    const { id } = await orch.comment(number, "/orch fix one\n\n/orch cancel\n\n/orch fix two\n\n/orch help");
    await orch.quiet();
    expect(stateOf(await orch.store.read(orch.taskId(id, 1)))).toBe("settled");
    expect(stateOf(await orch.store.read(orch.taskId(id, 5)))).toBe("queued");
    const replies = orch.replies(number);
    expect(replies).toHaveLength(1);
    expect(replies[0]).toContain("being cancelled");
    expect(replies[0]).toContain("Write a line that starts with");
  });

  test("more than ten are refused together", async () => {
    const number = await orch.openIssue();
    const { id } = await orch.comment(number, "/orch fix it\n".repeat(11));
    await orch.quiet();
    expect(await orch.store.idsOfIssue(orch.repository.id, number)).toEqual([]);
    expect(orch.reactions(id)).toEqual(["confused"]);
    expect(orch.replies(number)).toEqual([expect.stringContaining("more than 10 commands")]);
  });

  test("a mistyped verb is asked back", async () => {
    const number = await orch.openIssue();
    const { id } = await orch.comment(number, "/orch cancle");
    await orch.quiet();
    expect(orch.reactions(id)).toEqual(["confused"]);
    expect(orch.replies(number)).toEqual([expect.stringContaining("Did you mean `/orch cancel`")]);
  });
});

describe("cancel", () => {
  test("ends queued tasks, asks hosts to stop running ones, and leaves later tasks alone", async () => {
    const number = await orch.openIssue();
    const queued = orch.taskId((await orch.comment(number, "/orch fix one")).id);
    const running = orch.taskId((await orch.comment(number, "/orch fix two")).id);
    await orch.quiet();
    await orch.store.advance(running, claimedBy("host-a"));
    const { id } = await orch.comment(number, "/orch cancel");
    await orch.quiet();
    const later = orch.taskId((await orch.comment(number, "/orch fix three")).id);
    await orch.quiet();
    const [delivery] = orch.github
      .deliveries()
      .filter((each) => each.event === "issue_comment")
      .slice(-2);
    await orch.github.redeliver(delivery?.id ?? 0);
    await orch.quiet();
    expect((await orch.store.read(queued))?.state).toMatchObject({
      name: "settled",
      outcome: { kind: "cancelled", reason: { kind: "command", by: MAINTAINER } },
    });
    expect(await orch.store.read(running)).toMatchObject({
      state: { name: "running" },
      cancel: { kind: "command", by: MAINTAINER },
    });
    expect(stateOf(await orch.store.read(later))).toBe("queued");
    expect(orch.replies(number)).toEqual([expect.stringContaining("2 tasks are being cancelled")]);
    expect(orch.reactions(id)).toEqual(["eyes"]);
  });

  test.each([15, 8])("by the first %d characters of its id ends that task only", async (length) => {
    const number = await orch.openIssue();
    const one = orch.taskId((await orch.comment(number, "/orch fix one")).id);
    const two = orch.taskId((await orch.comment(number, "/orch fix two")).id);
    await orch.comment(number, `/orch cancel ${two.slice(0, length)}`);
    await orch.quiet();
    expect([await orch.store.read(one), await orch.store.read(two)].map(stateOf)).toEqual(["queued", "settled"]);
  });

  test.each(["tabcdefghijklmno", "the-timer", "t"])("of %s, which is no task here, starts nothing", async (name) => {
    const number = await orch.openIssue();
    const task = orch.taskId((await orch.comment(number, "/orch fix it")).id);
    const { id } = await orch.comment(number, `/orch cancel ${name}`);
    await orch.quiet();
    expect(await orch.store.idsOfIssue(orch.repository.id, number)).toEqual([task]);
    expect(stateOf(await orch.store.read(task))).toBe("queued");
    expect(orch.reactions(id)).toEqual(["confused"]);
    expect(orch.replies(number)).toEqual([expect.stringContaining("has an id that begins with")]);
  });

  test("says of a task that is meant by its id that it is over already", async () => {
    const number = await orch.openIssue();
    const task = orch.taskId((await orch.comment(number, "/orch fix one")).id);
    await orch.comment(number, "/orch cancel");
    await orch.quiet();
    await orch.comment(number, `/orch cancel ${task}`);
    await orch.quiet();
    expect(orch.replies(number).at(-1)).toContain(`task \`${task}\` is over already`);
  });

  test("says so when there is nothing to cancel", async () => {
    const number = await orch.openIssue();
    await orch.comment(number, "/orch stop");
    await orch.quiet();
    expect(orch.replies(number)).toEqual([expect.stringContaining("nothing to cancel")]);
  });
});

describe("order and failure", () => {
  test("commands of one issue keep their order while GitHub fails, and other issues go on", async () => {
    const [held, other] = [await orch.openIssue(), await orch.openIssue()];
    const fault = orch.github.faults.api({
      match: { path: new RegExp(`/issues/${held}$`) },
      times: 2,
      action: { status: 500 },
    });
    const first = orch.taskId((await orch.comment(held, "/orch fix one")).id);
    await orch.comment(held, "/orch cancel");
    const elsewhere = orch.taskId((await orch.comment(other, "/orch fix it")).id);
    await orch.quiet();
    expect(fault.fired).toBe(2);
    expect([await orch.store.read(first), await orch.store.read(elsewhere)].map(stateOf)).toEqual([
      "settled",
      "queued",
    ]);
    expect(orch.replies(held)).toEqual([expect.stringContaining("being cancelled")]);
  });

  test("a bot that stops in the middle leaves the rest to the next one", async () => {
    const number = await orch.openIssue();
    const fault = orch.github.faults.api({ match: { path: /\/collaborators\// }, times: 1, action: { status: 502 } });
    const { id } = await orch.comment(number, "/orch fix it");
    await fault.firing;
    await orch.stopBot();
    expect(await orch.store.read(orch.taskId(id))).toBeUndefined();
    await orch.startBot();
    await orch.quiet();
    expect(stateOf(await orch.store.read(orch.taskId(id)))).toBe("queued");
  });

  test("what a crash makes the next bot repeat, from the first step, changes nothing", async () => {
    const number = await orch.openIssue();
    const earlier = orch.taskId((await orch.comment(number, "/orch fix one")).id);
    const { id } = await orch.comment(
      number,
      "/orch fix two\n\n/orch cancel\n\n/orch status\n\n/orch stauts\n\n/orch fix three",
    );
    await orch.quiet();
    const look = async () => ({
      tasks: await orch.store.readMany(await orch.store.idsOfIssue(orch.repository.id, number)),
      replies: orch.replies(number),
      waiting: (await orch.queue.depth()).waiting,
    });
    const before = await look();
    expect(before.tasks.map((task) => [task.spec.instruction, task.state.name])).toEqual([
      ["fix one", "settled"],
      ["fix two", "settled"],
      ["fix three", "queued"],
    ]);
    expect(before.tasks[0]?.spec.id).toBe(earlier);
    // As if the bot had died just before its last step: the comment is still in the inbox.
    await orch.redis.del(keys.request(`${orch.repository.id}-${id}`));
    const [delivery] = orch.github
      .deliveries()
      .filter((each) => each.event === "issue_comment" && each.action === "created")
      .slice(-1);
    await orch.github.redeliver(delivery?.id ?? 0);
    await orch.quiet();
    expect(await look()).toEqual(before);
    expect(before.replies).toHaveLength(1);
  });

  test("a repository that is gone ends the matter", async () => {
    const gone = await orch.github.createRepository({
      owner: "octo-org",
      name: "gone",
      files: { "README.md": "# Gone\n" },
      collaborators: { [MAINTAINER]: "admin" },
    });
    const { number } = await orch.github.openIssue(gone, { as: MAINTAINER, title: "Bye" });
    const fault = orch.github.faults.api({
      match: { path: /\/octo-org\/gone(\/|$)/ },
      times: 20,
      action: { status: 404 },
    });
    await orch.github.comment(gone, number, "/orch fix it", { as: MAINTAINER });
    await orch.quiet();
    expect(fault.fired).toBeGreaterThan(0);
    expect(await orch.store.idsOfIssue(gone.id, number)).toEqual([]);
    fault.cancel();
  });
});
