/** The bot looks after its missed deliveries by itself. Here it looks often, and at deliveries of any age. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { keys } from "../../src/task/keys.ts";
import { type BotSetting, MAINTAINER, startBotSetting } from "../support/bot.ts";

let orch: BotSetting;
beforeAll(async () => {
  orch = await startBotSetting({ catchUp: { everyMs: 100, minAgeMs: 0 } });
});
afterAll(() => orch.close());
const attemptsOf = (commentId: number) =>
  orch.github
    .deliveries()
    .filter((each) => each.event === "issue_comment")
    .filter((each) => (each.request.payload.comment as { id: number }).id === commentId);
const rounds = () => orch.github.requests().filter((each) => each.path === "/app/hook/deliveries").length;
const askings = () => orch.github.requests().filter((each) => each.path.endsWith("/attempts")).length;
const eventually = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 25_000, interval: 10 });
/** The bot has looked, wholly, since now. */
async function looked() {
  const before = rounds();
  await eventually(() => expect(rounds()).toBeGreaterThanOrEqual(before + 3));
}
const hasTask = (commentId: number) =>
  eventually(async () => expect(await orch.store.read(orch.taskId(commentId))).toBeDefined());

describe("the bot", () => {
  test("catches up on what it refused while Redis was down: one task", async () => {
    const number = await orch.openIssue();
    await orch.server.kill();
    const { id } = await orch.comment(number, "/orch fix the tests");
    await orch.github.idle();
    expect(attemptsOf(id).map((each) => each.statusCode)).toEqual([503]);
    await orch.server.restart();
    await hasTask(id);
    await orch.quiet();
    const attempts = attemptsOf(id);
    expect(attempts.filter((each) => each.statusCode === 200)).toHaveLength(1);
    expect(attempts.every((each, index) => each.redelivery === index > 0)).toBe(true);
    expect(await orch.store.idsOfIssue(orch.repository.id, number)).toEqual([orch.taskId(id)]);
  });

  test("catches up on what never came, oldest first, and leaves alone what did", async () => {
    const number = await orch.openIssue();
    const { id: arrived } = await orch.comment(number, "/orch fix one");
    await orch.github.idle();
    const fault = orch.github.faults.deliveries({ times: 2, event: "issue_comment.created", action: "drop" });
    const { id: first } = await orch.comment(number, "/orch fix two");
    const { id: second } = await orch.comment(number, "/orch fix three");
    expect(fault.fired).toBe(2);
    await hasTask(first);
    await hasTask(second);
    await looked();
    expect([arrived, first, second].map((id) => attemptsOf(id).length)).toEqual([1, 2, 2]);
    expect(attemptsOf(first)[1]?.id).toBeLessThan(attemptsOf(second)[1]?.id ?? 0);
    expect(attemptsOf(first).map((each) => each.guid)).toEqual(Array(2).fill(attemptsOf(first)[0]?.guid));
  });

  test("does not ask for what it would not hear, or what is moot when it comes late", async () => {
    const number = await orch.openIssue();
    const fault = orch.github.faults.deliveries({ times: 4, action: "drop" });
    const { id } = await orch.comment(number, "Hello");
    await orch.github.editComment(orch.repository, id, "Hello!", { as: MAINTAINER });
    orch.github.archive(orch.repository);
    orch.github.unarchive(orch.repository);
    expect(fault.fired).toBe(4);
    const dropped = orch.github.deliveries().slice(-4);
    await looked();
    const nameOf = (each: { event: string; action: string | undefined }) => `${each.event}.${each.action}`;
    const isDropped = ({ guid }: { guid: string }) => dropped.some((each) => each.guid === guid);
    const again = orch.github.deliveries().filter((each) => each.redelivery && isDropped(each));
    expect(dropped.map(nameOf)).toEqual([
      "issue_comment.created",
      "issue_comment.edited",
      "repository.archived",
      "repository.unarchived",
    ]);
    expect(again.map(nameOf).toSorted()).toEqual(["issue_comment.created", "repository.unarchived"]);
  });

  test("asks once, and again only much later, when it does not arrive then either", async () => {
    const number = await orch.openIssue();
    const before = askings();
    const url = orch.url();
    orch.github.setWebhookUrl(`${url}/nowhere`);
    const { id } = await orch.comment(number, "/orch fix it");
    await eventually(() => expect(attemptsOf(id)).toHaveLength(2));
    await looked();
    expect(attemptsOf(id).map((each) => each.statusCode)).toEqual([404, 404]);
    expect(askings()).toBe(before + 1);
    const key = keys.redelivered(attemptsOf(id)[0]?.guid ?? "");
    const asked = async () => JSON.parse((await orch.redis.get(key)) ?? "{}") as { times?: number };
    expect(await asked()).toMatchObject({ times: 1 });
    for (const times of [1, 2]) {
      await orch.redis.set(key, JSON.stringify({ times, at: 0 })); // as if the time had come
      await eventually(async () => expect(await asked()).toMatchObject({ times: times + 1 }));
    }
    await orch.redis.set(key, JSON.stringify({ times: 3, at: 0 }));
    await looked();
    expect(attemptsOf(id)).toHaveLength(4);
    orch.github.setWebhookUrl(`${url}/api/github/webhooks`);
  });

  test("goes on when GitHub refuses, and tells when it has looked", async () => {
    const fault = orch.github.faults.api({
      match: { path: /^\/app\/hook\/deliveries/ },
      times: 2,
      action: { status: 502 },
    });
    const dropped = orch.github.faults.deliveries({ times: 1, event: "issue_comment.created", action: "drop" });
    const { id } = await orch.comment(await orch.openIssue(), "/orch fix it");
    await hasTask(id);
    expect([fault.fired, dropped.fired]).toEqual([2, 1]);
    const ready = (await (await fetch(`${orch.url()}/readyz`)).json()) as {
      missed: { lookedAt: string; waiting: number };
    };
    expect(Date.parse(ready.missed.lookedAt)).toBeGreaterThan(0);
    expect(ready.missed.waiting).toBeGreaterThanOrEqual(0);
  });
});
