/** GitHub delivers twice, late, or while Redis is away: one task each time, and none is lost. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Orch, startOrch } from "../support/orch.ts";

describe("deliveries", () => {
  let orch: Orch;
  beforeEach(async () => {
    // Stricter than GitHub's 10 s: whatever happens, a delivery is answered within 3 s.
    orch = await startOrch({ webhookTimeoutMs: 3_000 });
  });
  afterEach(() => orch.close());

  const commandDelivery = () => {
    const found = orch.simulator
      .deliveries()
      .filter((each) => each.event === "issue_comment" && each.action === "created");
    const [first] = found.filter((each) => JSON.stringify(each.request.payload).includes("/orch fix"));
    if (!first) throw new Error("the command was not delivered");
    return first;
  };

  test("the same delivery five times is one task, one comment and one pull request", async () => {
    const { taskId } = await orch.command("/orch fix the tests");
    const delivery = commandDelivery();
    const again: { statusCode: number }[] = [];
    for (let time = 0; time < 4; time++) again.push(await orch.simulator.redeliver(delivery.id));
    expect(again.map((each) => each.statusCode)).toEqual([200, 200, 200, 200]);
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    const [task, events] = [await orch.store.read(taskId), await orch.store.events(taskId)];
    expect(await orch.simulator.redeliver(delivery.id)).toMatchObject({ redelivery: true, statusCode: 200 });
    // Comments of an issue are taken in one after the other: when this one is answered, the redelivery was looked at.
    await orch.command("/orch help");
    await orch.simulator.waitFor(() => orch.botComments().length > 1);
    expect([await orch.store.read(taskId), await orch.store.events(taskId)]).toEqual([task, events]);
    expect(await orch.store.idsOfIssue(orch.repository.id, orch.issue)).toEqual([taskId]);
    expect(orch.botComments()).toHaveLength(2);
    expect(orch.asked({ repository: orch.repository, number: orch.issue })).toMatchObject({ comments: 2, pulls: 1 });
    expect(orch.simulator.state.pulls(orch.repository)).toHaveLength(1);
  });

  test("the same signed body under another GUID is the same task", async () => {
    const { taskId } = await orch.command("/orch fix the tests");
    const { request } = commandDelivery();
    const headers = { ...(request.headers as Record<string, string>), "X-GitHub-Delivery": crypto.randomUUID() };
    const answer = await fetch(`${orch.botUrl}/api/github/webhooks`, {
      method: "POST",
      headers,
      body: JSON.stringify(request.payload),
    });
    expect(answer.status).toBeGreaterThanOrEqual(200);
    expect(answer.status).toBeLessThan(300);
    await orch.told(taskId);
    expect(await orch.store.idsOfIssue(orch.repository.id, orch.issue)).toEqual([taskId]);
  });

  test("while Redis is stopped the delivery is answered 503; delivered again later it is one task", async () => {
    await orch.redisServer.kill();
    const { taskId } = await orch.command("/orch fix the tests");
    await orch.simulator.idle();
    const delivery = commandDelivery();
    expect(delivery.statusCode).toBe(503);
    await orch.redisServer.restart();
    await orch.ready();
    const second = await orch.simulator.redeliver(delivery.id);
    expect(second.statusCode).toBeLessThan(300);
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    expect(orch.botComments()).toHaveLength(1);
  });

  test("a command given while the bot was down is carried out when it is back", async () => {
    await orch.bot.kill();
    const { taskId } = await orch.command("/orch fix the tests");
    await orch.simulator.idle();
    const delivery = commandDelivery();
    expect(delivery.status).toBe("failed to connect to host");
    await orch.bot.start();
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    const attempts = orch.simulator.deliveries().filter((each) => each.guid === delivery.guid);
    expect(attempts.map((each) => [each.redelivery, each.statusCode])).toEqual([
      [false, 502],
      [true, 200],
    ]);
    expect(orch.botComments()).toHaveLength(1);
    expect(orch.simulator.state.pulls(orch.repository)).toHaveLength(1);
  });

  test("a frozen Redis is no success either: refused within 3 s, yet written; delivered again it is one task", async () => {
    orch.redisServer.freeze();
    const { taskId } = await orch.command("/orch fix the tests");
    await orch.simulator.idle();
    const delivery = commandDelivery();
    expect([delivery.status, delivery.statusCode]).toEqual(["Service Unavailable", 503]);
    orch.redisServer.thaw();
    // Redis finds the command on its connection: what was refused becomes a task by itself.
    await orch.task(taskId, () => true);
    expect(await orch.simulator.redeliver(delivery.id)).toMatchObject({ redelivery: true, statusCode: 200 });
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    expect(await orch.store.idsOfIssue(orch.repository.id, orch.issue)).toEqual([taskId]);
    expect(orch.botComments()).toHaveLength(1);
    expect(orch.simulator.state.pulls(orch.repository)).toHaveLength(1);
  });
});
