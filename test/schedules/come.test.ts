/** A schedule whose time comes, with a clock of the test's own. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RepositoryInfo } from "../../simulator/simulator.ts";
import { type Request, requestNameOf } from "../../src/intake/request.ts";
import { lookAtSchedule } from "../../src/schedules/come.ts";
import { NoLongerTaken } from "../../src/task/due-set.ts";
import { FILE, nightly, type Setting, startSetting } from "./setting.ts";

let orch: Setting;
beforeAll(async () => {
  orch = await startSetting();
});
afterAll(() => orch.close());

/** A repository whose schedule is known, at noon of the first day. */
async function scheduled(file = nightly()): Promise<RepositoryInfo> {
  orch.setClock("2026-01-05T12:00Z");
  const repository = await orch.repositoryWith(file);
  await orch.learn();
  return repository;
}

/** The one request on the issue. */
async function request(repository: RepositoryInfo, number = 1): Promise<Request> {
  const [only] = await orch.asked(repository, number);
  if (!only) throw new Error("nothing was asked for");
  return only;
}

describe("a schedule", () => {
  test("asks for nothing before its time, and at its time under an issue that Orch opens for it", async () => {
    const repository = await scheduled();
    await orch.until("2026-01-06T02:59:59Z");
    expect(orch.simulator.state.issue(repository, 1)).toBeUndefined();
    await orch.until("2026-01-06T03:00Z");
    const issue = orch.simulator.state.issue(repository, 1);
    expect(issue).toMatchObject({ title: "Schedule: nightly", state: "open", user: { login: "orch[bot]" } });
    expect(issue?.body?.split("\n\n<!--")[0]).toMatchInlineSnapshot(`
      "This issue belongs to the schedule \`nightly\` in \`.github/orch.yml\`. What it asks for, and what comes of it, is told here.

      While this issue is closed the schedule rests. Reopen it, and it goes on."
    `);
    const { id, owner, name } = repository;
    const dueAt = Date.parse("2026-01-06T03:00Z");
    expect(await request(repository)).toMatchObject({
      installationId: repository.installationId,
      repository: { id, owner, name, defaultBranch: "main" },
      number: 1,
      on: "issue",
      source: { kind: "schedule", name: "nightly", dueAt },
      commands: [{ kind: "task", instruction: "fix the flaky tests" }],
      requestedAt: dueAt,
    });
    expect(await request(repository)).not.toHaveProperty("actor");
    expect(orch.wakes()).toBeGreaterThan(0);
  });

  test("asks the next night under the same issue, which costs two requests of GitHub when that is known to be the only one", async () => {
    const repository = await scheduled();
    await orch.until("2026-01-06T03:00Z");
    await orch.settle(await orch.takeIn(await request(repository)));
    await orch.until("2026-01-07T03:00Z");
    expect((await request(repository)).source).toMatchObject({ dueAt: Date.parse("2026-01-07T03:00Z") });
    await orch.settle(await orch.takeIn(await request(repository)));
    const before = orch.requests(repository);
    await orch.until("2026-01-08T03:00Z");
    expect((await request(repository)).source).toMatchObject({ dueAt: Date.parse("2026-01-08T03:00Z") });
    expect(orch.requests(repository) - before).toBe(2);
    expect(orch.simulator.state.issue(repository, 2)).toBeUndefined();
  });

  test("finds its issue again when Redis has forgotten everything", async () => {
    const repository = await scheduled();
    await orch.until("2026-01-06T03:00Z");
    await orch.redis.flushall();
    orch.setClock("2026-01-06T12:00Z");
    await orch.learn();
    await orch.until("2026-01-07T03:00Z");
    expect(await orch.asked(repository, 1)).toHaveLength(1);
    expect(orch.simulator.state.issue(repository, 2)).toBeUndefined();
  });

  test("opens one issue when the answer to the first try is lost", async () => {
    const repository = await scheduled();
    const match = { method: "POST", path: new RegExp(`/${repository.name}/issues$`) };
    const fault = orch.simulator.faults.api({ match, times: 1, action: "lost" });
    await expect(orch.until("2026-01-06T03:00Z")).rejects.toThrow();
    await orch.until("2026-01-06T03:01Z");
    expect(fault.fired).toBe(1);
    expect(await orch.asked(repository, 1)).toHaveLength(1);
    expect(orch.simulator.state.issue(repository, 2)).toBeUndefined();
  });

  test("closes what a first try has opened late, when it comes the next time", async () => {
    const repository = await scheduled();
    await orch.until("2026-01-06T03:00Z");
    await orch.settle(await orch.takeIn(await request(repository)));
    // It is carried out as it was sent, after it was given up and sent again.
    const octokit = await orch.deps.github.forInstallation(repository.installationId);
    const { title, body } = orch.simulator.state.issue(repository, 1) ?? { title: "", body: "" };
    await octokit.rest.issues.create({ owner: repository.owner, repo: repository.name, title, body: body ?? "" });
    await orch.until("2026-01-07T03:00Z");
    expect(orch.simulator.state.issue(repository, 2)).toMatchObject({ state: "closed" });
    expect(await orch.asked(repository, 1)).toHaveLength(1);
  });

  test("that names an issue asks there, by the agent that it names", async () => {
    const repository = await scheduled(nightly({ issue: 1, agent: "claude", run: "fix it\n\nAll of it.\n" }));
    await orch.simulator.openIssue(repository, { as: "maintainer", title: "Flaky tests" });
    await orch.until("2026-01-06T03:00Z");
    expect(await request(repository)).toMatchObject({
      commands: [{ instruction: "fix it", details: "All of it.", settings: { agent: "claude" } }],
    });
    expect(orch.simulator.state.issue(repository, 2)).toBeUndefined();
  });

  test("that names a pull request asks there", async () => {
    const repository = await scheduled(nightly({ issue: 1 }));
    await orch.simulator.commit(repository, "topic", { a: "1" }, "Topic", "maintainer");
    await orch.simulator.openPull(repository, { as: "maintainer", title: "T", head: "topic", base: "main" });
    await orch.until("2026-01-06T03:00Z");
    expect(await request(repository)).toMatchObject({ number: 1, on: "pull" });
  });
});

describe("a schedule is skipped, and says why,", () => {
  test("while what it asked for last is not over: once on its issue, however often it comes", async () => {
    const repository = await scheduled();
    await orch.until("2026-01-06T03:00Z");
    const task = await orch.takeIn(await request(repository));
    for (const day of ["07", "08"]) await orch.until(`2026-01-${day}T03:00Z`);
    expect(await orch.asked(repository, 1)).toEqual([]);
    expect(orch.comments(repository, 1).map((body) => body.split("\n\n<!--")[0])).toEqual([
      `The schedule \`nightly\` was due, but its last task, \`${task}\`, is not over, so it was skipped. It is skipped without another word until that task is over.`,
    ]);
    expect(await orch.state(repository)).toMatchObject({
      last: { task, issue: 1 },
      skipped: { dueAt: Date.parse("2026-01-08T03:00Z"), reason: { kind: "task_open", task } },
    });
    await orch.settle(task);
    await orch.until("2026-01-09T03:00Z");
    expect(await orch.asked(repository, 1)).toHaveLength(1);
    expect(await orch.state(repository)).not.toHaveProperty("skipped");
  });

  test("while what it asked for last has not been taken in", async () => {
    const repository = await scheduled();
    await orch.until("2026-01-06T03:00Z");
    await orch.until("2026-01-07T03:00Z");
    expect(await orch.state(repository)).toMatchObject({ skipped: { reason: { kind: "task_open" } } });
    expect((await request(repository)).source).toMatchObject({ dueAt: Date.parse("2026-01-06T03:00Z") });
  });

  test("while its issue is closed; reopened, it goes on", async () => {
    const repository = await scheduled();
    await orch.until("2026-01-06T03:00Z");
    await orch.settle(await orch.takeIn(await request(repository)));
    await orch.simulator.closeIssue(repository, 1, { as: "maintainer" });
    await orch.until("2026-01-07T03:00Z");
    expect(await orch.state(repository)).toMatchObject({ skipped: { reason: { kind: "issue_closed", number: 1 } } });
    expect(orch.simulator.state.issue(repository, 2)).toBeUndefined();
    await orch.simulator.reopenIssue(repository, 1, { as: "maintainer" });
    await orch.until("2026-01-08T03:00Z");
    expect(await orch.asked(repository, 1)).toHaveLength(1);
  });

  test("where the issue that it names is not there", async () => {
    const repository = await scheduled(nightly({ issue: 7 }));
    await orch.until("2026-01-06T03:00Z");
    expect(await orch.state(repository)).toMatchObject({ skipped: { reason: { kind: "issue_missing", number: 7 } } });
  });

  test("while the repository is archived", async () => {
    const repository = await scheduled();
    orch.simulator.archive(repository);
    await orch.until("2026-01-06T03:00Z");
    expect(await orch.state(repository)).toMatchObject({ skipped: { reason: { kind: "repository_archived" } } });
    orch.simulator.unarchive(repository);
    await orch.until("2026-01-07T03:00Z");
    expect(await orch.asked(repository, 1)).toHaveLength(1);
  });

  test("where GitHub does not let us", async () => {
    const repository = await scheduled();
    const match = { method: "POST", path: new RegExp(`/${repository.name}/issues$`) };
    orch.simulator.faults.api({ match, times: 1, action: { status: 403 } });
    await orch.until("2026-01-06T03:00Z");
    expect(await orch.state(repository)).toMatchObject({ skipped: { reason: { kind: "refused" } } });
    await orch.until("2026-01-07T03:00Z");
    expect(await orch.asked(repository, 1)).toHaveLength(1);
  });
});

describe("what came while no bot was running", () => {
  test("a few hours ago is made up for, once, by its own time", async () => {
    const repository = await scheduled(nightly({ cron: "0 * * * *" }));
    await orch.until("2026-01-05T17:20Z");
    expect((await request(repository)).source).toMatchObject({ dueAt: Date.parse("2026-01-05T17:00Z") });
    expect(await orch.state(repository)).toMatchObject({ nextAt: Date.parse("2026-01-05T18:00Z") });
  });

  test("for a week is made up for by the last time alone, if that is not half a day ago", async () => {
    const repository = await scheduled();
    await orch.until("2026-01-12T09:00Z");
    expect((await request(repository)).source).toMatchObject({ dueAt: Date.parse("2026-01-12T03:00Z") });
  });

  test("longer ago than that is left out, which is said", async () => {
    const repository = await scheduled();
    await orch.until("2026-01-12T15:01Z");
    expect(orch.simulator.state.issue(repository, 1)).toBeUndefined();
    expect(await orch.state(repository)).toMatchObject({
      nextAt: Date.parse("2026-01-13T03:00Z"),
      skipped: { reason: { kind: "missed" } },
    });
  });
});

describe("whatever dies or freezes,", () => {
  test("a time that was written down and not asked for is asked for by the next one to look, once", async () => {
    const repository = await scheduled();
    orch.setClock("2026-01-06T03:00Z");
    const [taken] = await orch.schedules.due.take(orch.now(), 1);
    if (!taken) throw new Error("nothing is due");
    const inbox = { ...orch.inbox, record: () => Promise.reject(new Error("died")) };
    await expect(lookAtSchedule({ ...orch.deps, inbox }, taken)).rejects.toThrow("died");
    await taken.postpone(orch.now());
    await orch.look();
    const only = await request(repository);
    expect(only.source).toMatchObject({ dueAt: orch.now() });
    expect(await orch.inbox.read(requestNameOf(repository.id, only.source))).toMatchObject({ kind: "given" });
    expect(await orch.state(repository)).not.toHaveProperty("skipped");
  });

  test("a bot that lost it to another one opens no issue and asks for nothing", async () => {
    const repository = await scheduled();
    orch.setClock("2026-01-06T03:00Z");
    const [frozen] = await orch.schedules.due.take(orch.now(), 1);
    if (!frozen) throw new Error("nothing is due");
    orch.setClock("2026-01-06T03:00:06Z");
    const [other] = await orch.schedules.due.take(orch.now(), 1);
    await expect(lookAtSchedule(orch.deps, frozen)).rejects.toThrow(NoLongerTaken);
    expect(orch.simulator.state.issue(repository, 1)).toBeUndefined();
    await other?.postpone(orch.now());
    await orch.look();
    expect(await orch.asked(repository, 1)).toHaveLength(1);
  });
});

describe("when the file is changed,", () => {
  async function change(repository: RepositoryInfo, file: string | undefined): Promise<void> {
    await orch.simulator.commit(repository, "main", { [FILE]: file ?? "" }, "Change", "maintainer");
    const { id, owner, name, installationId } = repository;
    await orch.schedules.toBeRead({ id, owner, name, installationId }, orch.now());
    await orch.readFiles();
    await orch.look();
  }

  test("the new time counts at once, and nothing is made up for by it", async () => {
    const repository = await scheduled();
    await change(repository, nightly({ cron: "0 11 * * *" }));
    expect(await orch.state(repository)).toMatchObject({ nextAt: Date.parse("2026-01-06T11:00Z") });
    await orch.until("2026-01-06T10:59Z");
    expect(orch.simulator.state.issue(repository, 1)).toBeUndefined();
    await orch.until("2026-01-06T11:00Z");
    expect(await orch.asked(repository, 1)).toHaveLength(1);
  });

  test("an earlier time does not wait for the later one from before", async () => {
    const repository = await scheduled();
    await change(repository, nightly({ cron: "0 13 * * *" }));
    await orch.until("2026-01-05T13:00Z");
    expect(await orch.asked(repository, 1)).toHaveLength(1);
  });

  test("what it does not name any more does not come, and what cannot be read stops all", async () => {
    const repository = await scheduled();
    await change(repository, "");
    await orch.until("2026-01-06T03:00Z");
    expect(await orch.state(repository)).toBeUndefined();
    await change(repository, nightly());
    await change(repository, "schedules: { nightly: { cron: never, run: x } }");
    await orch.until("2026-01-07T03:00Z");
    expect(await orch.schedules.file(repository.id)).toMatchObject({
      schedules: [],
      problem: expect.stringContaining('line 1, `schedules.nightly.cron`: "never" must have five fields'),
    });
    expect(orch.simulator.state.issue(repository, 1)).toBeUndefined();
  });
});
