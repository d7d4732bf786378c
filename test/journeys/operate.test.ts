/** An operator holds everything back, and lets it go on; or sends a worker host home when its work is done. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { runOrch } from "../cli/run-orch.ts";
import { type Orch, startOrch } from "../support/orch.ts";

let orch: Orch;
beforeEach(async () => {
  orch = await startOrch();
});
afterEach(() => orch.close());

const run = (...args: string[]) =>
  runOrch(args, { cwd: orch.dir, env: { REDIS_URL: orch.redisServer.url, ORCH_DATA: orch.dir } });

test("while all is paused a task is queued and says so; after `orch resume` it becomes a pull request", async () => {
  expect(await run("pause", "--yes")).toMatchObject({ code: 0, stdout: expect.stringContaining("Paused") });
  expect(await run("pause", "--yes")).toMatchObject({ code: 1, stdout: expect.stringContaining("Paused already") });

  const { taskId } = await orch.command("/orch fix the failing tests");
  await vi.waitFor(() => expect(orch.host.log()).toContain("all work is paused"), { timeout: 30_000, interval: 20 });
  await orch.progressComment(/The operator of this App has paused all work/);
  expect((await run("why", taskId)).stdout).toContain("has paused all work");
  expect((await run("status")).stdout).toMatch(/Needs you \(1\)[^\n]*\n {2}All work has been paused for/);
  expect((await orch.store.read(taskId))?.state.name).toBe("queued");

  expect(await run("resume")).toMatchObject({ code: 0, stdout: expect.stringContaining("Resumed") });
  expect(await run("resume")).toMatchObject({ code: 1, stdout: expect.stringContaining("Nothing was paused") });
  const task = await orch.task(taskId, ({ state }) => state.name === "settled");
  expect(task.state).toMatchObject({ outcome: { kind: "pull_request" } });
});

test("a host that is drained finishes what it has, takes nothing new and ends", async () => {
  const { taskId } = await orch.command("/orch fix the failing tests");
  await orch.task(taskId, ({ state }) => state.name === "running");
  const said = await run("drain", await orch.hostId(), "--yes");
  expect(said).toMatchObject({ code: 0, stdout: expect.stringContaining("takes no new work") });
  const task = await orch.task(taskId, ({ state }) => state.name === "settled");
  expect(task.state).toMatchObject({ outcome: { kind: "pull_request" } });
  await vi.waitFor(() => expect(orch.host.isRunning()).toBe(false), { timeout: 30_000, interval: 20 });
  expect(await run("drain", "h00000000", "--yes")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("orch hosts"),
  });
});
