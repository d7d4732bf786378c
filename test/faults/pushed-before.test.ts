/** A host dies for good between its push and the word of it. The branch on GitHub settles the task, whoever runs it next. */
import { afterEach, expect, test } from "vitest";
import { type Orch, startOrch } from "../support/orch.ts";

let orch: Orch;
afterEach(() => orch.close());

test("the next host finds the branch, starts no second agent, and the pull request opens", async () => {
  orch = await startOrch({ agent: "fixes" });
  const place = await orch.place();
  const dead = new Promise<void>((resolve) => {
    orch.simulator.on("request", ({ method, path, status }) => {
      if (method === "POST" && path.endsWith("/git-receive-pack") && status === 200) resolve(orch.host.kill());
    });
  });
  const { taskId } = await orch.command("/orch fix the tests", place);
  await dead;
  expect((await orch.store.read(taskId))?.pushed).toBeUndefined();
  const other = await orch.anotherHost();
  expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
  expect(await other.logged(/the work stands on GitHub already/)).toContain(taskId);
  expect((await orch.agentOutput(taskId)).match(/I look at the failing test/g)).toHaveLength(1);
  expect(orch.simulator.state.pulls(place.repository)).toHaveLength(1);
  expect(await orch.progressComment(/1 commit, 1 file, \+1 −1/, place)).toBeTruthy();
}, 120_000);

test("a host that dies three times of the task, the first time after its push: the pull request opens all the same", async () => {
  orch = await startOrch({ agent: "fixes" });
  const place = await orch.place();
  const hanging = orch.simulator.faults.api({
    times: 1,
    match: { path: /\/git-receive-pack$/ },
    action: { lands: Promise.resolve() },
  });
  const { taskId } = await orch.command("/orch fix the tests", place);
  await hanging.firing;
  await orch.host.kill();
  await orch.simulator.waitFor(() => Object.keys(orch.simulator.state.branches(place.repository)).length === 2, 30_000);
  // Two more hosts die of it before they have asked the bot whether the branch is there.
  const deaths = await orch.store.change(taskId, { name: "crashed", epoch: 1, at: Date.now() });
  expect(deaths).toMatchObject({ kind: "known", changed: true });
  await orch.store.change(taskId, { name: "crashed", epoch: 1, at: Date.now() });
  await orch.host.start();
  expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
  expect((await orch.store.read(taskId))?.crashes).toHaveLength(3);
  expect(orch.simulator.state.pulls(place.repository)).toHaveLength(1);
}, 120_000);
