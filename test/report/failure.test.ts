import { pino } from "pino";
import { ProbotOctokit } from "probot";
import { describe, expect, test } from "vitest";
import type { GitHub } from "../../src/github.ts";
import { makeFailures } from "../../src/report/failure.ts";
import { branchOf } from "../../src/task/branch.ts";
import type { TaskSpec } from "../../src/task/task-spec.ts";
import { commentOf, makeSpec, STARTS } from "../support/task-spec.ts";
import { MAINTAINER, startReportingForFile } from "./reporting.ts";

const world = await startReportingForFile();

const stateOf = async (spec: TaskSpec) => (await world.store.read(spec.id))?.state;
const forbidLabels = () =>
  world.simulator.faults.api({
    times: 1_000,
    match: { path: /\/labels/ },
    action: { status: 403, body: { message: "Resource not accessible by integration" } },
  });
const requests = () => world.simulator.requests().length;

describe("what may pass is repeated", () => {
  test("ever more slowly, until it is shown", async () => {
    const spec = await world.task(await world.repository());
    const fault = world.simulator.faults.api({ times: 3, match: { path: /\/comments$/ }, action: { status: 502 } });
    const { report } = world.reporter();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 3; attempt++) {
      await report(spec.id);
      waits.push((await world.dueIn(spec.id)) ?? 0);
    }
    expect(fault.fired).toBe(3);
    expect(waits[2]).toBeGreaterThan((waits[0] ?? 0) * 2);
    expect(await stateOf(spec)).toMatchObject({ name: "queued" });
    await report(spec.id);
    expect(world.comments(spec)).toHaveLength(1);
    expect(await world.isReported(spec.id)).toBe(true);
  });

  test("and nothing else suffers: the label is set although the comment failed", async () => {
    const spec = await world.task(await world.repository());
    const fault = world.simulator.faults.api({
      times: 1,
      match: { method: "POST", path: /\/comments$/ },
      action: { status: 500 },
    });
    await world.reporter().report(spec.id);
    expect(fault.fired).toBe(1);
    expect(world.comments(spec)).toHaveLength(0);
    expect(world.labels(spec)).toEqual(["orch:running"]);
    expect(await world.isReported(spec.id)).toBe(false);
  });

  test("not before the time that GitHub gives, and that holds for the whole installation", async () => {
    const repo = await world.repository();
    const [spec, other] = [await world.task(repo), await world.task(repo)];
    const fault = world.simulator.faults.api({
      times: 1,
      match: { method: "POST", path: /\/comments$/ },
      action: { status: 429, headers: { "retry-after": "120" }, body: { message: "secondary rate limit" } },
    });
    const { report } = world.reporter();
    await report(spec.id);
    expect(fault.fired).toBe(1);
    expect(await world.dueIn(spec.id)).toBeGreaterThan(100_000);
    const before = requests();
    await report(other.id);
    await report(spec.id);
    expect(requests()).toBe(before);
    expect(await world.dueIn(other.id)).toBeGreaterThan(100_000);
    world.advanceClock(121_000);
    await Promise.all([report(spec.id), report(other.id)]);
    expect(world.comments(spec)).toHaveLength(1);
    expect(world.comments(other)).toHaveLength(1);
  });

  test("not before a rate limit is over that only the look at what is forbidden met", async () => {
    const repo = await world.repository();
    const [spec, other] = [await world.task(repo), await world.task(repo)];
    const faults = [
      forbidLabels(),
      world.simulator.faults.api({
        times: 1_000,
        match: { path: /^\/installation\/repositories/ },
        action: { status: 403, headers: { "retry-after": "120" }, body: { message: "API rate limit exceeded" } },
      }),
    ];
    const { report } = world.reporter();
    await report(spec.id);
    expect(faults.map(({ fired }) => fired)).toEqual([1, 1]);
    const before = requests();
    for (const id of [spec.id, other.id]) {
      expect(await world.dueIn(spec.id)).toBeGreaterThan(100_000);
      await report(id);
    }
    expect(requests()).toBe(before);
    for (const fault of faults) fault.cancel();
  });

  test("ever more slowly also while the look at what is forbidden fails", async () => {
    const spec = await world.task(await world.repository());
    const path = /^\/installation\/repositories/;
    const faults = [
      forbidLabels(),
      world.simulator.faults.api({ times: 1_000, match: { path }, action: { status: 502 } }),
    ];
    const { report } = world.reporter();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 4; attempt++) {
      await report(spec.id);
      waits.push((await world.dueIn(spec.id)) ?? 0);
    }
    expect(waits[0]).toBeGreaterThan(1_000);
    expect(waits[3]).toBeGreaterThan((waits[0] ?? 0) * 4);
    for (const fault of faults) fault.cancel();
  });

  test("and one 404 does not end a task whose issue is there", async () => {
    const spec = await world.task(await world.repository());
    const fault = world.simulator.faults.api({
      times: 1,
      match: { method: "POST", path: /\/comments$/ },
      action: { status: 404, body: { message: "Not Found" } },
    });
    const { report } = world.reporter();
    await report(spec.id);
    expect(fault.fired).toBe(1);
    expect(await stateOf(spec)).toMatchObject({ name: "queued" });
    await report(spec.id);
    expect(world.comments(spec)).toHaveLength(1);
  });
});

describe("where GitHub is closed to us", () => {
  let owners = 0;
  type Closing = { why: RegExp; close: (spec: TaskSpec) => void; open?: (spec: TaskSpec) => void };
  const closings: Record<string, Closing> = {
    "the repository is archived": {
      why: /archived/,
      close: (spec) => world.simulator.archive(spec.repository),
      open: (spec) => world.simulator.unarchive(spec.repository),
    },
    "the App lost the repository": {
      why: /can no longer see/,
      close: (spec) => world.simulator.uninstall(spec.repository),
    },
    "the App is suspended": {
      why: /suspended/,
      close: (spec) => world.simulator.suspendInstallation(spec.installationId),
      open: (spec) => world.simulator.unsuspendInstallation(spec.installationId),
    },
    "the App was uninstalled": {
      why: /no longer installed/,
      close: (spec) => world.simulator.deleteInstallation(spec.installationId),
    },
  };

  test.each(Object.keys(closings))("an open task ends, and it is seldom looked again: %s", async (what) => {
    const { why, close, open } = closings[what] as Closing;
    const repo = await world.simulator.createRepository({
      // An installation of its own, which this test closes.
      owner: `owner-${++owners}`,
      name: "sample",
      files: { "a.txt": "one\n" },
      collaborators: { maintainer: "write" },
    });
    const spec = await world.task(repo);
    const { report } = world.reporter();
    await report(spec.id);
    await world.claim(spec.id);
    close(spec);
    // A token that was revoked is found out first, and only asking for a new one tells why. Then the task's end is news.
    const isPutOff = async () => ((await world.dueIn(spec.id)) ?? 0) > 60_000;
    for (let attempt = 0; attempt < 3 && !(await isPutOff()); attempt++) await report(spec.id);
    expect(await stateOf(spec)).toMatchObject({
      name: "settled",
      outcome: { kind: "refused", reason: expect.stringMatching(why) },
    });
    const first = (await world.dueIn(spec.id)) ?? 0;
    expect(first).toBeGreaterThan(4 * 60_000);
    await report(spec.id);
    expect(await world.dueIn(spec.id)).toBeGreaterThan(first + 60_000);
    expect(await world.store.stalledReports()).toMatchObject([{ task: { spec: { id: spec.id } } }]);
    if (!open) return;
    open(spec);
    await report(spec.id);
    expect(await world.isReported(spec.id)).toBe(true);
    expect(await world.store.stalledReports()).toEqual([]);
    expect(world.simulator.state.comments(repo, spec.number).at(-1)?.body).toMatch(why);
    expect(world.simulator.state.labels(repo, spec.number)).toEqual(["orch:failed"]);
  });

  test("after a month nobody waits for it any more", async () => {
    const repo = await world.repository();
    const spec = await world.task(repo);
    const { report } = world.reporter();
    await report(spec.id);
    world.simulator.archive(repo);
    await world.settle(spec.id);
    await report(spec.id);
    expect(await world.isReported(spec.id)).toBe(false);
    world.advanceClock(31 * 24 * 3600_000);
    await report(spec.id);
    expect(await world.isReported(spec.id)).toBe(true);
  });

  test("a task that is over stays what it was", async () => {
    const repo = await world.repository();
    const spec = await world.task(repo);
    const { report } = world.reporter();
    await report(spec.id);
    await world.settle(spec.id);
    world.simulator.archive(repo);
    await report(spec.id);
    expect(await stateOf(spec)).toMatchObject({ outcome: { kind: "no_changes" } });
    world.simulator.unarchive(repo);
    await report(spec.id);
    expect(await world.isReported(spec.id)).toBe(true);
    expect(world.comments(spec)[0]).toContain("The agent changed nothing");
  });
});

test("what a locked conversation does not take is told once it is unlocked; the label is set all the same", async () => {
  const spec = await world.task(await world.repository());
  const fault = world.simulator.faults.api({
    times: 1_000,
    match: { method: "POST", path: /\/comments$|\/reactions$/ },
    action: { status: 403, body: { message: "Unable to create comment because issue is locked." } },
  });
  const { report } = world.reporter();
  await report(spec.id);
  expect(world.labels(spec)).toEqual(["orch:running"]);
  expect(await world.store.stalledReports()).toMatchObject([{ stalled: { why: "locked", looks: 1 } }]);
  expect(await stateOf(spec)).toMatchObject({ name: "queued" });
  fault.cancel();
  await report(spec.id);
  expect(world.comments(spec)).toHaveLength(1);
  expect(await world.isReported(spec.id)).toBe(true);
});

test("a part that GitHub keeps forbidding is seldom tried at last, the rest is shown, and the part when it may be", async () => {
  const spec = await world.task(await world.repository());
  const fault = forbidLabels();
  const { report } = world.reporter();
  const isStalled = async () => (await world.store.stalledReports()).length > 0;
  for (let attempt = 0; attempt < 50 && !(await isStalled()); attempt++) await report(spec.id);
  fault.cancel();
  expect(fault.fired).toBeGreaterThan(5);
  expect(world.comments(spec)).toHaveLength(1);
  expect(world.labels(spec)).toEqual([]);
  expect(await stateOf(spec)).toMatchObject({ name: "queued" });
  await report(spec.id);
  expect(world.labels(spec)).toEqual(["orch:running"]);
  expect(await world.isReported(spec.id)).toBe(true);
});

test("a pushed task whose pull request GitHub keeps forbidding ends, and the comment names its branch", async () => {
  const repo = await world.repository();
  const spec = await world.task(repo);
  await world.push(repo, spec);
  const fault = world.simulator.faults.api({
    times: 1_000,
    match: { path: /\/pulls$/ },
    action: { status: 403, body: { message: "Resource not accessible by integration" } },
  });
  const { report } = world.reporter();
  for (let attempt = 0; attempt < 50 && !(await world.isReported(spec.id)); attempt++) await report(spec.id);
  fault.cancel();
  expect(fault.fired).toBeGreaterThan(5);
  const branch = branchOf(spec);
  const reason = expect.stringContaining(branch);
  expect(await stateOf(spec)).toMatchObject({ name: "settled", outcome: { kind: "refused", reason } });
  expect(await world.isReported(spec.id)).toBe(true);
  expect(world.comments(spec)).toEqual([expect.stringContaining(branch)]);
});

test("a deleted command is no hindrance: there is nothing to react to, and the rest is shown", async () => {
  const repo = await world.repository();
  const spec = await world.task(repo);
  await world.simulator.deleteComment(repo, commentOf(spec), MAINTAINER);
  await world.reporter().report(spec.id);
  expect(world.comments(spec)).toHaveLength(1);
  expect(await world.isReported(spec.id)).toBe(true);
});

test("whether a repository is still ours is asked page by page, and no further than to it", async () => {
  const asked: string[] = [];
  const page = (ids: number[], next: string) =>
    new Response(JSON.stringify({ total_count: 300, repositories: ids.map((id) => ({ id })) }), {
      headers: { "content-type": "application/json", link: `<https://api.github.test${next}>; rel="next"` },
    });
  const octokit = new ProbotOctokit({
    baseUrl: "https://api.github.test",
    throttle: { enabled: false },
    request: {
      fetch: async (url: string) => {
        asked.push(new URL(url).search);
        return url.includes("page=2")
          ? page([11], "/installation/repositories?page=3")
          : page([1], "/installation/repositories?page=2");
      },
    },
  });
  const github = { forInstallation: async () => octokit } as unknown as GitHub;
  const { store } = world;
  const failures = makeFailures({
    store,
    github,
    budget: world.reporter().deps.budget,
    now: Date.now,
    log: pino({ level: "silent" }),
  });
  const spec = makeSpec();
  await store.create(spec, STARTS);
  const forbidden = Object.assign(new Error("Resource not accessible by integration"), { status: 403 });
  await failures.handle(forbidden, spec.id, await store.read(spec.id));
  expect(asked).toEqual(["?per_page=100", "?page=2"]);
  expect(await stateOf(spec)).toMatchObject({ name: "queued" });
});
