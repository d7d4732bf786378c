/** A task that came to an end stands in the history within seconds, and again when bots were killed and the file is gone. */
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { historyFileOf } from "../../src/data-dir.ts";
import { runOrch } from "../cli/run-orch.ts";
import { type Orch, startOrch } from "../support/orch.ts";

let orch: Orch;
let dataDir: string;
beforeEach(async () => {
  orch = await startOrch({ agent: "thrifty", bots: 2 });
  dataDir = join(orch.dir, "data");
});
afterEach(() => orch.close());

/** What `orch stats` says once so many tasks stand there. */
async function stats(tasks: number): Promise<object> {
  const env = { REDIS_URL: orch.redisServer.url, ORCH_DATA: dataDir };
  return await vi.waitFor(
    async () => {
      const { stdout } = await runOrch(["stats", "--json"], { cwd: orch.dir, env });
      const found = JSON.parse(stdout);
      expect(found).toMatchObject({ groups: [{ tasks }] });
      return found as object;
    },
    { timeout: 60_000, interval: 500 },
  );
}

test("what tasks came to is told by two bots as by one, also after both were killed and the file was lost", async () => {
  await orch.letGo();
  const { taskId } = await orch.command("/orch fix the failing tests");
  expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
  const told = await stats(1);
  expect(told).toMatchObject({
    groups: [{ of: { agent: "thrifty" }, pullRequests: 1, costUsd: 0.1, inputTokens: 500, queued: { n: 1 } }],
    spenders: { tasks: [{ name: taskId }], persons: [{ name: "maintainer" }] },
  });

  await Promise.all([orch.bot.kill(), orch.otherBot?.kill()]);
  await rm(dirname(historyFileOf(dataDir)), { recursive: true });
  await Promise.all([orch.bot.start(), orch.otherBot?.start()]);
  expect(await stats(1)).toEqual(told);

  const second = await orch.command("/orch fix the failing tests once more");
  expect(await orch.told(second.taskId)).toMatchObject({ kind: expect.any(String) });
  await stats(2);
});
