/** Nothing of ours stays queued on commits of which we say nothing. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Setting, startSetting } from "./setting.ts";

let orch: Setting;
beforeAll(async () => {
  orch = await startSetting();
});
afterAll(() => orch.close());

const preferences = () => orch.simulator.requests().filter(({ path }) => path.endsWith("/check-suites/preferences"));

test("a repository that the App has is told once to make no check suite for it with every push", async () => {
  const repository = await orch.repositoryWith(undefined);
  const before = await orch.simulator.commit(repository, "main", { "a.txt": "a\n" }, "Before", "maintainer");
  expect(orch.simulator.state.checkSuites(repository, before)).toMatchObject([{ status: "queued" }]);
  await orch.learn();
  await orch.learn();
  expect(preferences()).toHaveLength(1);
  const after = await orch.simulator.commit(repository, "main", { "a.txt": "b\n" }, "After", "maintainer");
  expect(orch.simulator.state.checkSuites(repository, after)).toEqual([]);
});

test("where the App may not yet, it is asked again at the next look, and the repository's file is read all the same", async () => {
  const repository = await orch.repositoryWith(JSON.stringify({ agent: "scripted" }));
  const match = { method: "PATCH", path: /check-suites\/preferences$/ };
  const refusal = { status: 403, body: { message: "Resource not accessible by integration" } };
  const fault = orch.simulator.faults.api({ times: 1, match, action: refusal });
  await orch.learn();
  expect(fault.fired).toBe(1);
  expect(await orch.schedules.file(repository.id)).toMatchObject({ schedules: [] });
  expect(await orch.schedules.quieted.has(repository.id)).toBe(false);
  await orch.learn();
  expect(await orch.schedules.quieted.has(repository.id)).toBe(true);
});
