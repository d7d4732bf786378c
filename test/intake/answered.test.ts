/** What people write that is no request: it is answered, once, and starts nothing. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BotSetting, MAINTAINER, startBotSetting } from "../support/bot.ts";

let orch: BotSetting;
beforeAll(async () => {
  orch = await startBotSetting();
});
afterAll(() => orch.close());

test.each([
  "/orch abort",
  "/orch nevermind",
  "/orch undo",
  "/orch rerun",
  "/orch ping",
  "/orch thanks",
  "- /orch fix it",
])("%s is answered and starts nothing", async (body) => {
  const number = await orch.openIssue();
  await orch.comment(number, body, MAINTAINER);
  await orch.quiet();
  expect(await orch.store.idsOfIssue(orch.repository.id, number)).toEqual([]);
  expect(orch.replies(number)).toHaveLength(1);
});
