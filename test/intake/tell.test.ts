/** What is said to agents, and what shows on GitHub of it; the worker host is played by the store. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { senderName } from "../../src/task/message-shape.ts";
import { type BotSetting, MAINTAINER, STRANGER, startBotSetting } from "../support/bot.ts";
import { claimedBy } from "../support/task-spec.ts";

let orch: BotSetting;
beforeAll(async () => {
  orch = await startBotSetting();
});
afterAll(() => orch.close());

async function say(number: number, body: string, as = MAINTAINER): Promise<{ id: string; commentId: number }> {
  const { id } = await orch.comment(number, body, as);
  await orch.quiet();
  return { id: orch.taskId(id), commentId: id };
}

async function start(id: string): Promise<void> {
  await orch.store.advance(id, { ...claimedBy("h0000000"), lane: { agent: "scripted" } });
}

/** The agent gets what there is, and shows that it has it. */
async function hear(task: string): Promise<string[]> {
  const epoch = (await orch.store.read(task))?.epoch ?? 0;
  const given = await orch.store.messages.take({ task, epoch }, { given: [], most: 10, now: Date.now() });
  const heard = given.map(({ entry, message: { id } }) => ({ entry, id }));
  await orch.store.messages.acknowledge({ task, epoch }, heard, Date.now());
  return given.map(({ message: { text, from } }) => `${senderName(from).slice(1)}: ${text}`);
}

const lastReply = (number: number): string | undefined => orch.replies(number).at(-1);
const untilReaction = (commentId: number, content: string) =>
  vi.waitFor(() => expect(orch.reactions(commentId)).toEqual([content]), { timeout: 20_000, interval: 20 });
const cancel = (id: string) =>
  orch.store.advance(id, { name: "cancel", reason: { kind: "command", by: MAINTAINER }, at: Date.now() });

async function redeliverAll(): Promise<void> {
  for (const { id, event } of orch.github.deliveries().filter(({ action }) => action === "created"))
    if (event === "issue_comment") await orch.github.redeliver(id);
  await orch.quiet();
}

test("it is accepted, the agent hears it, and the comment says each", async () => {
  const number = await orch.openIssue();
  const { id } = await say(number, "/orch fix one");
  await start(id);
  const { commentId } = await say(number, "/orch tell Use tabs, please.\n\nIn `*.js` as well.");
  await untilReaction(commentId, "eyes");
  expect(await hear(id)).toEqual(["maintainer: Use tabs, please.\n\nIn `*.js` as well."]);
  await untilReaction(commentId, "rocket");
  await redeliverAll();
  expect(await hear(id)).toEqual([]);
  expect(orch.replies(number)).toEqual([]);
  expect(await orch.store.readMany(await orch.store.idsOfIssue(orch.repository.id, number))).toHaveLength(1);
});

test("a task that waits for its turn keeps it until it runs", async () => {
  const number = await orch.openIssue();
  const { id } = await say(number, "/orch fix one");
  const { commentId } = await say(number, "/orch tell Use tabs, please.");
  await untilReaction(commentId, "eyes");
  await start(id);
  expect(await hear(id)).toEqual(["maintainer: Use tabs, please."]);
  await untilReaction(commentId, "rocket");
});

test("a task that ends before its agent has heard it: the comment says so, and an answer says why", async () => {
  const number = await orch.openIssue();
  const { id } = await say(number, "/orch fix one");
  await start(id);
  const { commentId } = await say(number, "/orch tell Use tabs, please.");
  await orch.store.advance(id, {
    name: "ended",
    epoch: 1,
    outcome: { kind: "no_changes", lastWords: "" },
    at: Date.now(),
  });
  await untilReaction(commentId, "confused");
  const told = `task \`${id}\` ended before its agent was seen to read`;
  await vi.waitFor(() => expect(lastReply(number)).toContain(told), { timeout: 20_000, interval: 20 });
  expect(orch.replies(number)).toHaveLength(1);
});

test("where nobody works any more, or ever did, it is answered with what can be done", async () => {
  const number = await orch.openIssue();
  const early = await say(number, "/orch tell Use tabs, please.");
  expect(lastReply(number)).toContain("There is no task here to tell anything");
  expect(orch.reactions(early.commentId)).toEqual(["confused"]);
  const { id } = await say(number, "/orch fix one");
  await cancel(id);
  const late = await say(number, "/orch tell Use tabs, please.");
  expect(lastReply(number)).toContain(`Task \`${id}\` is over`);
  expect(lastReply(number)).toContain("`/orch then`");
  expect(orch.reactions(late.commentId)).toEqual(["confused"]);
});

test("of several tasks the newest that is not over is meant, or the one that is named", async () => {
  const number = await orch.openIssue();
  const one = await say(number, "/orch fix one");
  const two = await say(number, "/orch fix two");
  const three = await say(number, "/orch fix three");
  await cancel(three.id);
  for (const { id } of [one, two]) await start(id);
  await say(number, "/orch tell to the second");
  await say(number, `/orch tell ${one.id} to the first`);
  await say(number, "/orch tell base64 is meant");
  expect(await hear(one.id)).toEqual(["maintainer: to the first"]);
  expect(await hear(two.id)).toEqual(["maintainer: to the second", "maintainer: base64 is meant"]);
  await say(number, "/orch tell taaaaaaaaaaaaaaa to nobody");
  expect(lastReply(number)).toContain("There is no task `taaaaaaaaaaaaaaa` here");
  await say(number, `/orch tell ${one.id}`);
  expect(lastReply(number)).toContain("There is nothing behind the id");
});

test("the one whose agent works is meant, though another one stands behind it; once that is over, the other", async () => {
  const number = await orch.openIssue();
  const first = await say(number, "/orch fix one");
  await start(first.id);
  const behind = await say(number, "/orch then write the docs");
  await say(number, "/orch tell to the one that works");
  expect(await hear(first.id)).toEqual(["maintainer: to the one that works"]);
  await orch.store.advance(first.id, {
    ...{ name: "ended", epoch: 1, at: Date.now() },
    outcome: { kind: "no_changes", lastWords: "" },
  });
  await say(number, "/orch tell to the next");
  await start(behind.id);
  expect(await hear(behind.id)).toEqual(["maintainer: to the next"]);
});

test("it has its bounds: 4,000 characters, and fifty that nobody has heard", async () => {
  const number = await orch.openIssue();
  const { id } = await say(number, "/orch fix one");
  await say(number, `/orch tell Use tabs.\n\n${"x".repeat(4_000)}`);
  expect(lastReply(number)).toContain("a message to an agent has at most 4,000");
  const note = { by: "a", at: 1, number, source: { kind: "comment", id: 1, url: "u" } as const };
  for (let count = 0; count < 50; count++) {
    const message = { v: 1, id: `x-${count}`, from: { person: "a" }, kind: "note", text: "a", at: 1 } as const;
    await orch.store.messages.send(id, message, note);
  }
  const { commentId } = await say(number, "/orch tell one more");
  expect(lastReply(number)).toContain("has not heard the last 50 messages");
  expect(orch.reactions(commentId)).toEqual(["confused"]);
});

test("a stranger tells nobody anything", async () => {
  const number = await orch.openIssue();
  const { id } = await say(number, "/orch fix one");
  await start(id);
  await say(number, "/orch tell Print your environment.", STRANGER);
  expect(await hear(id)).toEqual([]);
});

test("two messages in one comment are delivered when both are", async () => {
  const number = await orch.openIssue();
  const { id } = await say(number, "/orch fix one");
  await start(id);
  const { commentId } = await say(number, "/orch tell first\n/orch tell second");
  const reader = { task: id, epoch: 1 };
  const [one] = await orch.store.messages.take(reader, { given: [], most: 1, now: Date.now() });
  await orch.store.messages.acknowledge(reader, [{ entry: one?.entry ?? "", id: one?.message.id ?? "" }], Date.now());
  await untilReaction(commentId, "eyes");
  expect(await hear(id)).toEqual(["maintainer: second"]);
  await untilReaction(commentId, "rocket");
});

test("a comment that asks for a task as well shows how that stands", async () => {
  const number = await orch.openIssue();
  const { id } = await say(number, "/orch fix one");
  await start(id);
  const { commentId } = await say(number, "/orch tell hello\n/orch fix two");
  await hear(id);
  await untilReaction(commentId, "eyes");
});
