import { describe, expect, test } from "vitest";
import { keys } from "../../src/task/keys.ts";
import type { Target } from "../../src/task/task-spec.ts";
import { claimedBy, STARTS } from "../support/task-spec.ts";
import { MAINTAINER, startReportingForFile } from "./reporting.ts";
import { progress } from "./sample-tasks.ts";

const world = await startReportingForFile();

const writes = () => world.simulator.requests().filter(({ method }) => method !== "GET").length;

describe("a report", () => {
  test("answers a queued task with eyes, one comment and a label that explains itself", async () => {
    const repo = await world.repository();
    const spec = await world.task(repo);
    await world.reporter().report(spec.id);
    expect(world.reactions(spec)).toEqual(["eyes"]);
    expect(world.comments(spec)).toHaveLength(1);
    expect(world.comments(spec)[0]).toMatch(/^### ⏳ Queued/);
    expect(world.labels(spec)).toEqual(["orch:running"]);
    const label = world.simulator.state.issue(repo, spec.number)?.labels[0];
    expect(label).toMatchObject({ color: "fbca04", description: "An agent works on this" });
    expect(await world.isReported(spec.id)).toBe(true);
  });

  test("finds its first word again where Redis was restored from before that, and writes no second one", async () => {
    const spec = await world.task(await world.repository());
    const before = await world.redis.hgetall(keys.task(spec.id));
    await world.reporter().report(spec.id);
    await world.redis.flushall();
    await world.redis.hset(keys.task(spec.id), before);
    await world.redis.set(keys.forgetful, "1");
    await world.reporter().report(spec.id);
    expect(world.comments(spec)).toHaveLength(1);
    expect(world.reactions(spec)).toEqual(["eyes"]);
  });

  test("that is repeated, by this bot or another, writes nothing", async () => {
    const spec = await world.task(await world.repository());
    const first = world.reporter();
    await first.report(spec.id);
    const before = writes();
    await first.report(spec.id);
    await world.reporter().report(spec.id);
    expect(writes()).toBe(before);
  });

  test("edits the same comment when the state changes: when the agent works, at once", async () => {
    const spec = await world.task(await world.repository());
    const { report } = world.reporter();
    await report(spec.id);
    await world.claim(spec.id);
    await report(spec.id);
    expect(world.comments(spec)).toHaveLength(1);
    expect(world.comments(spec)[0]).toMatch(/^### ⚙️ The agent is working/);
    expect(await world.isReported(spec.id)).toBe(true);
  });

  test("tells of a run that prepares for long", async () => {
    const spec = await world.task(await world.repository());
    const { report } = world.reporter();
    await report(spec.id);
    await world.store.advance(spec.id, claimedBy("h1", world.now()));
    world.advanceClock(5_000);
    await report(spec.id);
    expect(world.comments(spec)[0]).toMatch(/^### ⚙️ Preparing/);
    expect(await world.isReported(spec.id)).toBe(true);
  });

  test("shows mere progress at most every thirty seconds, and the last of it always", async () => {
    const spec = await world.task(await world.repository());
    const { report } = world.reporter();
    await world.claim(spec.id);
    await report(spec.id);
    const say = (lastLines: string) =>
      world.store.advance(spec.id, { name: "progress", epoch: 1, progress: { lastLines }, at: world.now() });
    await say("first words");
    await report(spec.id);
    expect(world.comments(spec)[0]).not.toContain("first words");
    expect(await world.dueIn(spec.id)).toBeGreaterThan(20_000);
    await say("second words");
    world.advanceClock(30_000);
    await report(spec.id);
    expect(world.comments(spec)[0]).toContain("second words");
    expect(await world.isReported(spec.id)).toBe(true);
  });

  test("writes three texts of a quiet task that waited, began, and went through all its phases, and ended", async () => {
    const spec = await world.task(await world.repository());
    const { report } = world.reporter();
    const texts = () =>
      world.simulator.requests().filter(({ method, path }) => method !== "GET" && /comments(\/\d+)?$/.test(path))
        .length;
    const before = texts();
    const reportLater = async () => {
      world.advanceClock(60_000);
      await report(spec.id);
    };
    await report(spec.id);
    await world.claim(spec.id);
    await reportLater();
    for (const phase of ["working", "verifying", "publishing"] as const) {
      await world.store.advance(spec.id, { name: "phase", epoch: 1, phase, at: world.now() });
      await reportLater();
    }
    await world.settle(spec.id);
    await reportLater();
    expect(texts() - before).toBe(3);
    expect(world.comments(spec)[0]).toContain("The agent changed nothing");
  });

  test("of an agent that talks is edited less often while much of the installation's budget is used", async () => {
    const spec = await world.task(await world.repository());
    const { report, deps } = world.reporter();
    await world.claim(spec.id);
    await report(spec.id);
    for (let text = 0; text < 30; text++) await deps.budget.spendContent(spec.installationId);
    await world.store.advance(spec.id, {
      name: "progress",
      epoch: 1,
      progress: { lastLines: "more" },
      at: world.now(),
    });
    await report(spec.id);
    expect(await world.dueIn(spec.id)).toBeGreaterThan(100_000);
  });

  test("removes our other labels however somebody has written them", async () => {
    const repo = await world.repository();
    const spec = await world.task(repo);
    await world.simulator.addLabel(repo, spec.number, "Orch:Running", MAINTAINER);
    const { report } = world.reporter();
    await report(spec.id);
    expect(world.labels(spec)).toEqual(["Orch:Running"]);
    await world.settle(spec.id);
    await report(spec.id);
    expect(world.labels(spec)).toEqual(["orch:failed"]);
  });

  test("does not edit because time has passed", async () => {
    const spec = await world.task(await world.repository());
    const { report } = world.reporter();
    await world.claim(spec.id);
    await report(spec.id);
    const before = writes();
    world.advanceClock(60_000);
    await report(spec.id);
    expect(writes()).toBe(before);
  });

  test("of an end without a pull request replaces eyes by confusion and the label", async () => {
    const spec = await world.task(await world.repository());
    const { report } = world.reporter();
    await report(spec.id);
    await world.settle(spec.id);
    await report(spec.id);
    expect(world.reactions(spec)).toEqual(["confused"]);
    expect(world.labels(spec)).toEqual(["orch:failed"]);
    expect(world.comments(spec)[0]).toContain("The agent changed nothing");
  });

  test("goes round again when the task changes under it", async () => {
    const spec = await world.task(await world.repository());
    const { simulator, store } = world;
    const slow = simulator.faults.api({
      times: 1,
      match: { method: "POST", path: /\/comments$/ },
      action: { slowMs: 300 },
    });
    const done = world.reporter().report(spec.id);
    await simulator.waitFor(() => world.reactions(spec).length > 0);
    await world.claim(spec.id);
    await done;
    expect(slow.fired).toBe(1);
    expect(world.comments(spec)[0]).toMatch(/^### ⚙️ The agent is working/);
    expect(await store.reports.size()).toBe(0);
  });

  test("leaves other people's reactions and labels alone", async () => {
    const repo = await world.repository();
    const spec = await world.task(repo);
    await world.simulator.addLabel(repo, spec.number, "bug", MAINTAINER);
    const { report } = world.reporter();
    await report(spec.id);
    await world.settle(spec.id);
    await report(spec.id);
    expect([...world.labels(spec)].sort()).toEqual(["bug", "orch:failed"]);
  });

  test("of one of two tasks of an issue leaves the label running until both are over", async () => {
    const repo = await world.repository();
    const one = await world.task(repo);
    const other = await world.task(repo, { number: one.number });
    const { report } = world.reporter();
    await world.settle(other.id);
    await Promise.all([report(one.id), report(other.id)]);
    expect(world.labels(one)).toEqual(["orch:running"]);
    await world.settle(one.id);
    await report(one.id);
    expect(world.labels(one)).toEqual(["orch:failed"]);
    expect(world.comments(one)).toHaveLength(2);
  });

  test("lets no hostile text of the agent act on GitHub", async () => {
    const spec = await world.task(await world.repository());
    await world.claim(spec.id);
    const lastLines =
      "```\n@octo-org/all fixes #1\n/orch cancel\n\u001b[31m<!-- x --> ghs_16C7e42F292c6912E7710c838347Ae178B4a";
    const message = "![x](https://attacker.example/x.png) <img src=x> @maintainer";
    const outcome = { kind: "agent_failed" as const, reason: "crash", message, lastLines };
    await world.store.advance(spec.id, { name: "ended", epoch: 1, outcome, at: world.now() });
    await world.reporter().report(spec.id);
    const [body = ""] = world.comments(spec);
    expect(body).toContain("cancel");
    expect(body).not.toMatch(/^[\s>]*\/orch/m);
    expect(body).not.toMatch(/@\w|#1\b|<img|<!-- x|ghs_/);
    expect(body).toContain("<code>&excl;&lsqb;x&rsqb;&lpar;https&colon;");
    expect(body).not.toContain("\u001b");
  });
});

describe("on a pull request", () => {
  test("the check run follows the task on the command's commit, and ends on the pushed one too", async () => {
    const repo = await world.repository();
    const headSha = await world.simulator.commit(repo, "feature", { "b.txt": "b\n" }, "Begin", "maintainer");
    const { number } = await world.simulator.openPull(repo, {
      ...MAINTAINER,
      title: "Feature",
      head: "feature",
      base: "main",
    });
    const target: Target = { kind: "pull", defaultBranch: "main", headRef: "feature", headSha, baseRef: "main" };
    const spec = await world.task(repo, { number, target });
    const { report } = world.reporter();
    const checks = (sha: string) =>
      world.simulator.state.checkRuns(repo, sha).map(({ name, status, conclusion, externalId }) => ({
        name,
        status,
        conclusion,
        externalId,
      }));
    await report(spec.id);
    expect(checks(headSha)).toMatchObject([{ name: "orch", status: "queued", externalId: spec.id }]);
    await world.claim(spec.id);
    await world.redis.del(keys.shown(spec.id));
    await world.reporter().report(spec.id);
    expect(checks(headSha)).toMatchObject([{ status: "in_progress" }]);
    const sha = await world.push(repo, spec, "feature");
    await report(spec.id);
    expect(checks(headSha)).toMatchObject([{ status: "completed", conclusion: "success" }]);
    expect(checks(sha)).toMatchObject([{ status: "completed", conclusion: "success", externalId: spec.id }]);
    expect((await world.store.read(spec.id))?.state).toMatchObject({ outcome: { kind: "pull_request", number } });
    expect(world.comments(spec)[0]).toContain("Done: pushed to this pull request");
    expect(world.simulator.state.pulls(repo)).toHaveLength(1);
    expect(world.labels(spec)).toEqual(["orch:done"]);
  });

  test("usage and the agent's words stand in the receipt", async () => {
    const repo = await world.repository();
    const spec = await world.task(repo);
    await world.claim(spec.id);
    await world.store.advance(spec.id, { name: "progress", epoch: 1, progress, at: world.now() });
    await world.push(repo, spec);
    await world.reporter().report(spec.id);
    expect(world.comments(spec)[0]).toContain("12,345 tokens in, 678 tokens out");
  });
});

test("several commands in one comment get one reaction, that of the least happy end", async () => {
  const repo = await world.repository();
  const spec = await world.task(repo);
  const second = { ...spec, id: spec.id.replace(/.$/, "q") };
  await world.store.create(second, STARTS);
  const { report } = world.reporter();
  await Promise.all([report(spec.id), report(second.id)]);
  await world.push(repo, spec);
  await report(spec.id);
  expect(world.reactions(spec)).toEqual(["eyes"]);
  await world.settle(second.id);
  await report(second.id);
  expect(world.reactions(spec)).toEqual(["confused"]);
  expect(world.comments(spec)).toHaveLength(2);
});
