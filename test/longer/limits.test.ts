/** An account that takes no requests for now: tasks wait for it, and go on where they were. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { runOrch } from "../cli/run-orch.ts";
import { type Orch, startOrch } from "../support/orch.ts";

let orch: Orch;
beforeAll(async () => {
  orch = await startOrch({ agent: "limited", slots: 2 });
});
afterAll(() => orch.close());

test("two tasks of an account with a limit wait without a slot, one tries, and each becomes one pull request of one session", async () => {
  const first = await orch.command("/orch do all of it");
  await orch.task(first.taskId, ({ state }) => state.name === "waiting");
  const told = /Waiting.*takes no more requests for now\. The task goes on in the same session in less than/s;
  expect(await orch.progressComment(told, { task: first.taskId })).toBeTruthy();
  const place = await orch.place({ agent: "limited" });
  const second = await orch.command("/orch do it here too", place);
  await orch.task(second.taskId, ({ state }) => state.name === "waiting");
  await orch.progressComment(/Waiting.*takes no more requests for now/s, { ...place, task: second.taskId });
  const { stdout } = await runOrch(["status"], { cwd: orch.dir, env: { REDIS_URL: orch.redisServer.url } });
  expect(stdout).toContain("takes no more requests for now");
  await orch.letGo();
  for (const { taskId } of [first, second]) expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });

  const [one, two] = await Promise.all([first, second].map(({ taskId }) => orch.store.read(taskId)));
  expect(one?.runs[0]).toMatchObject({ end: "limited", progress: { sessionId: `s-${first.taskId}` } });
  expect(one?.runs.at(-1)).toMatchObject({
    end: "pull_request",
    progress: { sessionId: `s-${first.taskId}`, start: { how: "resumed", task: first.taskId } },
  });
  expect(one?.crashes).toEqual([]);
  expect(two?.runs.at(-1)?.end).toBe("pull_request");
  expect(one?.runs.at(-1)?.progress.summary).toMatch(/half done before, asked: The service of your model took/);
  expect(orch.asked({ repository: orch.repository, number: orch.issue }).pulls).toBe(1);
  expect(await orch.redis.hlen("orch:breakers")).toBe(0);
  expect(await orch.store.dispatches.size()).toBe(0);
});
