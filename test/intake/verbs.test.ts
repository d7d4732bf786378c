/** What is said about, or done once more with, tasks that were asked for before; and what is set before a request. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { appendRunEvents } from "../../src/task/run-events.ts";
import type { Task } from "../../src/task/task.ts";
import { type BotSetting, MAINTAINER, STRANGER, startBotSetting } from "../support/bot.ts";
import { claimedBy } from "../support/task-spec.ts";

let orch: BotSetting;

beforeAll(async () => {
  orch = await startBotSetting();
  orch.github.createUser("second");
  orch.github.setPermission(orch.repository, "second", "write");
});
afterAll(() => orch.close());

/** Writes a comment, and gives the task of its first line once it was taken in. */
async function say(number: number, body: string, as = MAINTAINER): Promise<{ id: string; commentId: number }> {
  const { id } = await orch.comment(number, body, as);
  await orch.quiet();
  return { id: orch.taskId(id), commentId: id };
}

async function settle(id: string): Promise<void> {
  await orch.store.advance(id, { name: "cancel", reason: { kind: "command", by: MAINTAINER }, at: Date.now() });
}

const tasksOf = async (number: number): Promise<Task[]> =>
  await orch.store.readMany(await orch.store.idsOfIssue(orch.repository.id, number));

const lastReply = (number: number): string | undefined => orch.replies(number).at(-1);

async function redeliverLast(): Promise<void> {
  const [delivery] = orch.github
    .deliveries()
    .filter((each) => each.event === "issue_comment" && each.action === "created")
    .slice(-1);
  await orch.github.redeliver(delivery?.id ?? 0);
  await orch.quiet();
}

describe("team", () => {
  test("makes a task that is a team's, and so does its retry", async () => {
    const number = await orch.openIssue();
    const { id } = await say(number, "/orch team budget=$5 move to ESM\n\nKeep the API.");
    const spec = { team: true, instruction: "move to ESM", details: "Keep the API.", budget: { usd: 5 } };
    expect(await orch.store.read(id)).toMatchObject({ spec });
    await settle(id);
    const again = await say(number, "/orch retry");
    expect(await orch.store.read(again.id)).toMatchObject({ spec });
  });
});

describe("retry", () => {
  test("does the last task once more, in its words, as a new task of whoever asks now", async () => {
    const number = await orch.openIssue();
    await settle((await say(number, "/orch fix one")).id);
    await settle((await say(number, "/orch fix two\n\nKeep the API.")).id);
    const again = await say(number, "/orch retry please", "second");
    await redeliverLast();
    expect(await tasksOf(number)).toHaveLength(3);
    expect(await orch.store.read(again.id)).toMatchObject({
      state: { name: "queued" },
      spec: { instruction: "fix two", details: "Keep the API.", actor: { login: "second" } },
    });
    expect(orch.replies(number)).toEqual([]);
  });

  test("of a retry is the same request again", async () => {
    const number = await orch.openIssue();
    await settle((await say(number, "/orch fix one")).id);
    await settle((await say(number, "/orch retry")).id);
    const { id } = await say(number, "/orch retry");
    expect((await orch.store.read(id))?.spec.instruction).toBe("fix one");
  });

  test("is refused while the task is not over", async () => {
    const number = await orch.openIssue();
    const first = await say(number, "/orch fix one");
    const { commentId } = await say(number, "/orch retry");
    expect(await tasksOf(number)).toHaveLength(1);
    expect(lastReply(number)).toContain(`Task \`${first.id}\` is not over yet`);
    expect(orch.reactions(commentId)).toEqual(["confused"]);
  });

  test("right after a cancel starts anew", async () => {
    const number = await orch.openIssue();
    await say(number, "/orch fix one");
    await say(number, "/orch cancel\n/orch retry");
    expect((await tasksOf(number)).map(({ state }) => state.name)).toEqual(["settled", "queued"]);
  });

  test("where nothing was asked for says so", async () => {
    const number = await orch.openIssue();
    await say(number, "/orch retry");
    expect(await tasksOf(number)).toEqual([]);
    expect(lastReply(number)).toContain("There is nothing to do again");
  });

  test("of a task by the beginning of its id, with or without the first letter", async () => {
    const number = await orch.openIssue();
    const one = await say(number, "/orch fix one");
    const two = await say(number, "/orch fix two");
    await settle(one.id);
    await settle(two.id);
    const again = await say(number, `/orch retry ${one.id.slice(0, 9)}`);
    const oncemore = await say(number, `/orch retry \`${two.id.slice(1, 9)}\``);
    const said = [again, oncemore].map(async ({ id }) => (await orch.store.read(id))?.spec.instruction);
    expect(await Promise.all(said)).toEqual(["fix one", "fix two"]);
  });

  test("of an id that there is not starts nothing", async () => {
    const number = await orch.openIssue();
    await settle((await say(number, "/orch fix one")).id);
    await say(number, "/orch retry tzzzzzzz");
    expect(await tasksOf(number)).toHaveLength(1);
    expect(lastReply(number)).toContain("has an id that begins with `tzzzzzzz`, so I have started nothing");
  });

  test("keeps what was set, but for what is set anew; a model goes with its agent", async () => {
    const number = await orch.openIssue();
    const first = await say(number, "/orch agent=scripted model=a priority=high base=main fix one");
    expect((await orch.store.read(first.id))?.spec).toMatchObject({
      agent: "scripted",
      agentNamed: true,
      model: "a",
      priority: "high",
      target: { kind: "issue", defaultBranch: "main", base: "main" },
    });
    await settle(first.id);
    const same = await say(number, "/orch retry priority=normal");
    const { spec } = (await orch.store.read(same.id)) ?? {};
    expect(spec).toMatchObject({ agent: "scripted", model: "a", target: { base: "main" } });
    expect(spec).not.toHaveProperty("priority");
    await settle(same.id);
    const other = await say(number, "/orch retry agent=scripted");
    expect((await orch.store.read(other.id))?.spec).not.toHaveProperty("model");
  });

  test("by somebody without write permission is refused like any command", async () => {
    const number = await orch.openIssue();
    await settle((await say(number, "/orch fix one")).id);
    await say(number, "/orch retry", STRANGER);
    expect(await tasksOf(number)).toHaveLength(1);
    expect(lastReply(number)).toContain("write permission");
  });
});

describe("why and logs", () => {
  test("tell of the newest task, or of the one that is named", async () => {
    const number = await orch.openIssue();
    const one = await say(number, "/orch fix one");
    const two = await say(number, "/orch fix two");
    await settle(one.id);
    const { commentId } = await say(number, "/orch why");
    expect(lastReply(number)).toMatch(new RegExp(`^Task \`${two.id}\`, \\*\\*queued for .*fix two`));
    expect(lastReply(number)).toContain("If nothing changes, it ends as timed out in");
    expect(orch.reactions(commentId)).toEqual(["eyes"]);
    await say(number, `/orch why ${one.id.slice(0, 6)}`);
    expect(lastReply(number)).toMatch(new RegExp(`^Task \`${one.id}\`, \\*\\*cancelled .*fix one`));
    expect(await tasksOf(number)).toHaveLength(2);
  });

  test("show what the agent said last, folded, and credentials in it nowhere", async () => {
    const number = await orch.openIssue();
    const { id } = await say(number, "/orch fix it");
    await say(number, "/orch logs");
    expect(lastReply(number)).toContain("has said nothing so far");
    await orch.store.advance(id, claimedBy("host-a"));
    const token = `ghp_${"a1B2".repeat(9)}`;
    const texts = ["I look around", `/orch fix it again @octocat ${token}`];
    const entries = texts.map((text, index) => ({
      id: { step: 1, seq: index + 1 },
      event: { at: 1, step: "agent-1", kind: "text" as const, text },
    }));
    await appendRunEvents(orch.redis, { task: id, epoch: 1 }, entries);
    await say(number, "/orch logs");
    expect(lastReply(number)).toMatch(/<details><summary>Last lines<\/summary>\n\n<pre>I look around\n&sol;orch/);
    expect(lastReply(number)).not.toContain(token);
    expect(lastReply(number)).not.toContain("@octocat");
  });

  test.each(["why", "logs"])("`/orch %s` where nothing was asked for says how to begin", async (verb) => {
    const number = await orch.openIssue();
    await say(number, `/orch ${verb}`);
    expect(lastReply(number)).toContain("There are no tasks here yet");
    await say(number, `/orch ${verb} tabcd`);
    expect(lastReply(number)).toContain("has an id that begins with `tabcd`");
  });

  test("tell of a task in a line above, not of one in a line below", async () => {
    const number = await orch.openIssue();
    const { id } = await say(number, "/orch fix one\n\n/orch why\n\n/orch fix two");
    expect(lastReply(number)).toMatch(new RegExp(`^Task \`${id}\`.*fix one`));
  });

  test("under a pull request of ours tell of the task that it came from", async () => {
    const number = await orch.openIssue();
    const { id } = await say(number, "/orch fix it");
    const head = `orch/${number}-${id}`;
    await orch.github.commit(orch.repository, head, { "a.txt": "a\n" }, "Fix it", MAINTAINER);
    const pull = await orch.github.openPull(orch.repository, { as: MAINTAINER, title: "Fix", head, base: "main" });
    await say(pull.number, "/orch why");
    expect(lastReply(pull.number)).toContain(`Task \`${id}\``);
  });
});

describe("settings", () => {
  test("the agent that is asked for wins over the repository's file", async () => {
    const wishes = { ".github/orch.yml": "agent: nobody\n" };
    await orch.github.commit(orch.repository, "main", wishes, "Wish for nobody", MAINTAINER);
    const number = await orch.openIssue();
    await say(number, "/orch fix one");
    expect(lastReply(number)).toMatch(/offered the agent `nobody`.*`agent=`/);
    const { id } = await say(number, "/orch agent=scripted fix one");
    expect((await orch.store.read(id))?.spec.agent).toBe("scripted");
    await settle(id);
    const again = await say(number, "/orch retry");
    expect((await orch.store.read(again.id))?.spec.agent).toBe("scripted");
    const plain = { ".github/orch.yml": "verify: npm test\n" };
    await orch.github.commit(orch.repository, "main", plain, "Wish for nothing", MAINTAINER);
  });

  test("an agent that there is not is answered with those that there are", async () => {
    const number = await orch.openIssue();
    await say(number, "/orch agent=nobody fix one");
    expect(await tasksOf(number)).toEqual([]);
    expect(lastReply(number)).toMatch(/offered the agent `nobody`.*There are: `scripted`/);
  });

  test("on an issue the work starts from the branch that is asked for", async () => {
    await orch.github.commit(orch.repository, "release/2", { "a.txt": "a\n" }, "Branch off", MAINTAINER);
    const { id } = await say(await orch.openIssue(), "/orch base=release/2 fix one");
    expect((await orch.store.read(id))?.spec.target).toEqual({
      kind: "issue",
      defaultBranch: "main",
      base: "release/2",
    });
  });

  test.each(["release", "releases/3"])("a branch that there is not (%s) is answered, not guessed", async (branch) => {
    const number = await orch.openIssue();
    const { commentId } = await say(number, `/orch base=${branch} fix one`);
    expect(await tasksOf(number)).toEqual([]);
    expect(lastReply(number)).toContain(`has no branch \`${branch}\``);
    expect(orch.reactions(commentId)).toEqual(["confused"]);
  });

  test("a pull request has a base already", async () => {
    await orch.github.commit(orch.repository, "topic", { "b.txt": "b\n" }, "Add b", MAINTAINER);
    const branches = { head: "topic", base: "main" };
    const pull = await orch.github.openPull(orch.repository, { as: MAINTAINER, title: "B", ...branches });
    await say(pull.number, "/orch base=main fix one");
    expect(await tasksOf(pull.number)).toEqual([]);
    expect(lastReply(pull.number)).toContain("has its base already");
  });

  test("what is no setting of ours starts nothing", async () => {
    const number = await orch.openIssue();
    await say(number, "/orch modle=opus fix one");
    expect(await tasksOf(number)).toEqual([]);
    expect(lastReply(number)).toMatch(/`modle=` is not a setting.*Did you mean `model=`/);
  });
});

test("whoever writes more than an agent is told hears so, once", async () => {
  const number = await orch.openIssue();
  const { id } = await say(number, `/orch fix it\n\n${"Long words. ".repeat(800)}`);
  await redeliverLast();
  expect((await orch.store.read(id))?.state.name).toBe("queued");
  expect(orch.replies(number)).toEqual([expect.stringMatching(/last 1,\d{3} characters of it do not reach the agent/)]);
});
