/** All repositories of the App, looked at for files that have changed unheard of. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { survey } from "../../src/schedules/survey.ts";
import { FILE, nightly, type Setting, startSetting } from "./setting.ts";

let orch: Setting;
beforeAll(async () => {
  orch = await startSetting();
});
beforeEach(async () => {
  await orch.redis.flushall();
});
afterAll(() => orch.close());

const names = async ({ id }: { id: number }) => (await orch.schedules.file(id))?.schedules.map(({ name }) => name);
const reads = (repository: Parameters<Setting["requests"]>[0]) => orch.requests(repository);

test("every repository's file is read once, and again only when somebody has pushed", async () => {
  const [one, other] = [await orch.repositoryWith(nightly()), await orch.repositoryWith(undefined)];
  await orch.learn();
  expect(await names(one)).toEqual(["nightly"]);
  expect(await names(other)).toEqual([]);
  const before = [reads(one), reads(other)];
  // One each besides, so that pushes make no check suites of ours.
  expect(before).toEqual([3, 2]);
  await orch.learn();
  expect([reads(one), reads(other)]).toEqual(before);
  // GitHub's times have whole seconds.
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  await orch.simulator.commit(other, "main", { [FILE]: nightly() }, "Every night", "maintainer");
  await orch.learn();
  expect(reads(one)).toBe(before[0]);
  expect(await names(other)).toEqual(["nightly"]);
});

test("what is not ours any more is forgotten with its schedules, what is suspended until it is ours again", async () => {
  const [kept, gone] = [await orch.repositoryWith(nightly()), await orch.repositoryWith(nightly())];
  await orch.learn();
  orch.simulator.uninstall(gone);
  await orch.learn();
  expect(await names(kept)).toEqual(["nightly"]);
  expect(await names(gone)).toBeUndefined();
  expect(await orch.state(gone)).toBeUndefined();
  orch.simulator.suspendInstallation(kept.installationId);
  await orch.learn();
  expect(await names(kept)).toBeUndefined();
  orch.simulator.unsuspendInstallation(kept.installationId);
  await orch.learn();
  expect(await names(kept)).toEqual(["nightly"]);
});

test("a repository that a shifting page left out is asked about before it is forgotten", async () => {
  const repository = await orch.repositoryWith(nightly());
  await orch.learn();
  const body = { total_count: 0, repositories: [], repository_selection: "selected" };
  const match = { path: /^\/installation\/repositories$/ };
  const fault = orch.simulator.faults.api({ match, times: 1, action: { status: 200, body } });
  await orch.surveyed();
  expect(fault.fired).toBe(1);
  expect(await names(repository)).toEqual(["nightly"]);
});

test("of a large installation the files are read slowly, after the first hundred", async () => {
  const listed = Array.from({ length: 103 }, (_, index) => ({
    id: 900_000 + index,
    name: `many-${index}`,
    owner: { login: "octo-org" },
    pushed_at: "2026-01-01T00:00:00Z",
    default_branch: "main",
  }));
  await orch.repositoryWith(undefined);
  const body = { total_count: 103, repositories: listed, repository_selection: "selected" };
  const match = { path: /^\/installation\/repositories$/ };
  orch.simulator.faults.api({ match, times: 1, action: { status: 200, body } });
  await orch.surveyed();
  const due = await orch.redis.zrange("orch:schedules:unread", "0", "-1", "WITHSCORES");
  const times = due.filter((_, index) => index % 2 === 1).map((time) => Number(time) - orch.now());
  expect(times.filter((time) => time === 0)).toHaveLength(101);
  expect(times.slice(101)).toEqual([2_000, 4_000]);
});

test("it ends between two requests when it must", async () => {
  let requests = 0;
  const stop = async () => {
    requests += 1;
    if (requests > 1) throw new Error("stopped");
  };
  await expect(survey(orch.deps, stop)).rejects.toThrow("stopped");
});
