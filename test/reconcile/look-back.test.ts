/** Comments of which no delivery came are read from GitHub itself, and taken for what their authors wrote. */
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeGitHub } from "../../src/github.ts";
import { lookBack } from "../../src/reconcile/look-back.ts";
import { type BotSetting, MAINTAINER, startBotSetting } from "../support/bot.ts";

const HOUR_MS = 3600_000;
let orch: BotSetting;
beforeAll(async () => {
  orch = await startBotSetting();
});
afterAll(() => orch.close());

/** A comment of which GitHub's log says that it was delivered, and Redis does not know. */
async function lost(number: number, body: string): Promise<number> {
  await orch.github.idle();
  const fault = orch.github.faults.deliveries({ times: 1, event: "issue_comment.created", action: "drop" });
  const { id } = await orch.comment(number, body);
  expect(fault.fired).toBe(1);
  return id;
}

/** Gives how many requests that took. */
async function look(since = Date.now() - HOUR_MS, now = Date.now): Promise<number> {
  const log = pino({ level: "silent" });
  let asked = 0;
  const deps = {
    ...{
      redis: orch.redis,
      store: orch.store,
      inbox: orch.inbox,
      wakeIntake: () => undefined,
      isFit: () => true,
      now,
      log,
    },
    ...{ github: makeGitHub(orch.config, log), secret: "secret" },
  };
  await lookBack(deps, since, async () => {
    asked += 1;
  });
  return asked;
}

const isKnown = async (commentId: number) =>
  (await orch.redis.exists(`orch:inbox:${orch.repository.id}-${commentId}`)) === 1;

test("a command is found, on an issue and on a pull request, and is one task however often it is read", async () => {
  const number = await orch.openIssue();
  const id = await lost(number, "/orch fix the tests");
  const asked = await look();
  await look();
  expect(await isKnown(id)).toBe(true);
  await expect
    .poll(() => orch.store.idsOfIssue(orch.repository.id, number), { timeout: 20_000 })
    .toEqual([orch.taskId(id)]);
  expect(asked).toBeLessThanOrEqual(6);
});

test("what has been edited since is not taken for what its author wrote", async () => {
  const id = await lost(await orch.openIssue(), "Hello");
  const second = Math.floor(Date.now() / 1_000); // GitHub's times are no finer
  await expect.poll(() => Math.floor(Date.now() / 1_000)).toBeGreaterThan(second);
  await orch.github.editComment(orch.repository, id, "/orch delete everything", { as: MAINTAINER });
  await look();
  expect(await isKnown(id)).toBe(false);
});

test("what is older, and a cancellation of hours ago, is left alone", async () => {
  const number = await orch.openIssue();
  const id = await lost(number, "/orch fix the tests");
  await look(Date.now() + 2 * HOUR_MS);
  expect(await isKnown(id)).toBe(false);
  const cancel = await lost(number, "/orch cancel");
  await look(Date.now() - HOUR_MS, () => Date.now() + 2 * HOUR_MS);
  expect(await isKnown(cancel)).toBe(false);
});
