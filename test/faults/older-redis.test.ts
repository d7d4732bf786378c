/** Redis knows less than it did. Comments that it has lost are found on GitHub, and what was done is not done again. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { keys } from "../../src/task/keys.ts";
import { type Orch, startOrch } from "../support/orch.ts";

describe("a Redis that knows less than it did", () => {
  let orch: Orch;
  beforeEach(async () => {
    orch = await startOrch();
    await expect.poll(() => orch.redis.get(keys.lastSeen)).not.toBeNull();
  });
  afterEach(() => orch.close());

  const pulls = () => orch.simulator.state.pulls(orch.repository);
  const readAgain = () => orch.bot.logged(/comments that Redis may have lost were read again/);

  test("restored from a backup: a command that GitHub had delivered since is carried out, once", async () => {
    const restore = await orch.redisServer.backUp();
    await orch.ready(); // Redis was away for a moment: a command that came then would be found later
    await orch.host.stop();
    const { taskId } = await orch.command("/orch fix the tests");
    await orch.progressComment(/⏳/);
    await restore();
    await readAgain();
    await orch.host.start();
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    expect(orch.botComments()).toHaveLength(1);
    expect(pulls()).toHaveLength(1);
    expect(orch.asked({ repository: orch.repository, number: orch.issue })).toMatchObject({ comments: 1, pulls: 1 });
  });

  test("restored while the bot was down: it notices when it starts", async () => {
    const restore = await orch.redisServer.backUp();
    await orch.ready(); // Redis was away for a moment: a command that came then would be found later
    await orch.host.stop();
    const { taskId } = await orch.command("/orch fix the tests");
    await orch.progressComment(/⏳/);
    await orch.bot.stop();
    await restore();
    await orch.bot.start();
    await readAgain();
    await orch.host.start();
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    expect(orch.botComments()).toHaveLength(1);
  });

  test("emptied: what waited goes on, and what was over is not done again", async () => {
    const { taskId: over } = await orch.command("/orch fix the tests");
    expect(await orch.told(over)).toMatchObject({ kind: "pull_request" });
    await orch.host.stop();
    const { taskId: waiting } = await orch.command("/orch fix the tests again");
    await orch.progressComment(/⏳/, { task: waiting });
    await orch.redisServer.empty();
    await readAgain();
    await orch.host.start();
    await orch.told(waiting);
    expect(await orch.store.lookUp(over)).toEqual({ kind: "absent" });
    expect(orch.botComments()).toHaveLength(2);
    expect(await orch.redis.exists(keys.lookBack)).toBe(0);
  });

  test("as it was, after a restart: nothing is read again", async () => {
    const { taskId } = await orch.command("/orch fix the tests");
    await orch.told(taskId);
    const before = orch.simulator.requests().filter(({ path }) => path.endsWith("/issues/comments")).length;
    await orch.redisServer.restart();
    const seen = await orch.redis.get(keys.lastSeen).catch(() => undefined);
    await expect.poll(() => orch.redis.get(keys.lastSeen).catch(() => seen), { timeout: 20_000 }).not.toBe(seen);
    expect(orch.bot.log()).not.toContain("Redis knows less than it did: it was restored or emptied");
    const after = orch.simulator.requests().filter(({ path }) => path.endsWith("/issues/comments")).length;
    expect(after).toBe(before);
  });
});
