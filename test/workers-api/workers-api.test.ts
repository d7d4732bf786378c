import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { branchOf } from "../../src/task/branch.ts";
import {
  contextResponseSchema,
  errorResponseSchema,
  pushedResponseSchema,
  tokenResponseSchema,
} from "../../src/task/host-api.ts";
import type { Phase, Task } from "../../src/task/task.ts";
import { type BotSetting, MAINTAINER, STRANGER, startBotSetting, WORKER_SECRET } from "../support/bot.ts";
import { claimedBy, makeSpec, STARTS } from "../support/task-spec.ts";

let orch: BotSetting;
let number: number;
let id: string;

beforeAll(async () => {
  orch = await startBotSetting();
});
afterAll(() => orch.close());
beforeEach(async () => {
  number = await orch.openIssue();
  id = orch.taskId((await orch.comment(number, "/orch fix the tests")).id);
  await orch.quiet();
  await orch.store.advance(id, claimedBy("host-a"));
});

const post = (path: string, body: unknown, secret?: string) => orch.ask(path, body, secret);
const enter = (phase: Phase, taskId = id) =>
  orch.store.advance(taskId, { name: "phase", epoch: 1, phase, at: Date.now() });
const codeOf = async (response: Response) => {
  const { error } = errorResponseSchema.parse(await response.json());
  return [response.status, error.code];
};

describe("a token", () => {
  test("to fetch reads this repository and nothing else", async () => {
    const response = await post("/workers/tokens", { taskId: id, epoch: 1, purpose: "fetch" });
    const given = tokenResponseSchema.parse(await response.json());
    expect(given).toMatchObject({
      cloneUrl: orch.repository.cloneUrl,
      bot: { login: orch.github.app.botLogin, id: orch.github.app.botId },
    });
    const [minting] = orch.github
      .requests()
      .filter((each) => each.path.endsWith("/access_tokens"))
      .slice(-1);
    expect(minting?.status).toBe(201);
    const repositories = await fetch(`${orch.github.url}/installation/repositories`, {
      headers: { authorization: `Bearer ${given.token}` },
    });
    expect(await repositories.json()).toMatchObject({ total_count: 1 });
    const writing = await fetch(`${orch.github.url}/repos/octo-org/calculator/issues/${number}/comments`, {
      method: "POST",
      headers: { authorization: `Bearer ${given.token}`, "content-type": "application/json" },
      body: JSON.stringify({ body: "hello" }),
    });
    expect(writing.status).toBe(403);
  });

  test("to fetch comes with where the branches stand, as long as GitHub says it", async () => {
    const ask = async (purpose = "fetch") =>
      tokenResponseSchema.parse(await (await post("/workers/tokens", { taskId: id, epoch: 1, purpose })).json());
    const { main } = orch.github.state.branches(orch.repository);
    expect((await ask()).tips).toEqual({ main });
    await enter("publishing");
    expect(await ask("push")).not.toHaveProperty("tips");
    const fault = orch.github.faults.api({ match: { path: /\/git\/ref\// }, times: 1, action: { status: 502 } });
    expect(await ask()).not.toHaveProperty("tips");
    expect(fault.fired).toBe(1);
  });

  test("to push is given to a run that publishes, and in no other phase", async () => {
    const ask = () => post("/workers/tokens", { taskId: id, epoch: 1, purpose: "push" });
    for (const phase of ["preparing", "working", "verifying"] as const) {
      await enter(phase);
      expect(await codeOf(await ask())).toEqual([403, "not_publishing"]);
      expect((await post("/workers/tokens", { taskId: id, epoch: 1, purpose: "fetch" })).status).toBe(200);
    }
    await enter("publishing");
    expect((await ask()).status).toBe(200);
  });

  test("to fetch cannot push, and one to push is made for that, whatever was made ahead", async () => {
    const { main } = orch.github.state.branches(orch.repository);
    const push = async (purpose: "fetch" | "push", name: string) => {
      const given = await post("/workers/tokens", { taskId: id, epoch: 1, purpose });
      const { token } = tokenResponseSchema.parse(await given.json());
      const response = await fetch(`${orch.github.url}/repos/octo-org/calculator/git/refs`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify({ ref: `refs/heads/${name}`, sha: main }),
      });
      return response.status;
    };
    await enter("publishing");
    expect(await push("push", "pushed")).toBe(201);
    expect(await push("fetch", "made-ahead")).toBe(403);
    expect(await push("fetch", "made-now")).toBe(403);
  });

  test("to push is given while the actor may still write", async () => {
    await enter("publishing");
    expect((await post("/workers/tokens", { taskId: id, epoch: 1, purpose: "push" })).status).toBe(200);
    orch.github.setPermission(orch.repository, MAINTAINER, "read");
    const refused = await post("/workers/tokens", { taskId: id, epoch: 1, purpose: "push" });
    orch.github.setPermission(orch.repository, MAINTAINER, "write");
    expect(await codeOf(refused)).toEqual([403, "permission_revoked"]);
  });

  test("to push is never given for the default branch", async () => {
    const { installationId } = orch.repository;
    const repository = { id: orch.repository.id, owner: "octo-org", name: "calculator" };
    const { spec } = (await orch.store.read(id)) as Task;
    await orch.github.commit(orch.repository, "feature", { "a.txt": "a\n" }, "Add a", "maintainer");
    const pull = { as: "maintainer", title: "Add a", head: "feature", base: "main" };
    const { number } = await orch.github.openPull(orch.repository, pull);
    const ask = async (headRef: string, commentId: number) => {
      const target = { kind: "pull" as const, defaultBranch: "old", headRef, headSha: "0".repeat(40), baseRef: "next" };
      const task = makeSpec({ installationId, repository, number, commentId, target, actor: spec.actor });
      await orch.store.create(task, STARTS);
      await orch.store.advance(task.id, claimedBy("host-a"));
      await enter("publishing", task.id);
      return await post("/workers/tokens", { taskId: task.id, epoch: 1, purpose: "push" });
    };
    expect((await ask("topic", 9_001)).status).toBe(200);
    // What it was when the task was accepted, and what GitHub says it is now.
    expect(await codeOf(await ask("old", 9_002))).toEqual([403, "default_branch"]);
    expect(await codeOf(await ask("main", 9_003))).toEqual([403, "default_branch"]);
  });

  test("is refused to whoever does not know the secret", async () => {
    const request = { taskId: id, epoch: 1, purpose: "fetch" };
    expect(await codeOf(await post("/workers/tokens", request, "wrong"))).toEqual([401, "unauthorized"]);
    expect(await codeOf(await post("/workers/tokens", request, `${WORKER_SECRET}x`))).toEqual([401, "unauthorized"]);
  });

  test("is refused to any run but the current one", async () => {
    const ask = async (epoch: number) =>
      await codeOf(await post("/workers/tokens", { taskId: id, epoch, purpose: "push" }));
    // The record may have been restored as it was before that run.
    expect(await ask(2)).toEqual([503, "unavailable"]);
    await orch.store.advance(id, claimedBy("host-b"));
    expect(await ask(1)).toEqual([409, "not_current"]);
    await orch.store.advance(id, {
      name: "ended",
      epoch: 2,
      outcome: { kind: "no_changes", lastWords: "" },
      at: Date.now(),
    });
    expect(await ask(2)).toEqual([409, "not_current"]);
  });

  test.each([
    ["a task without a record", { taskId: "taaaaaaaaaaaaaaa", epoch: 1, purpose: "fetch" }, [503, "unavailable"]],
    ["no task id", { taskId: "../../etc", epoch: 1, purpose: "fetch" }, [400, "bad_request"]],
    ["another purpose", { taskId: "taaaaaaaaaaaaaaa", epoch: 1, purpose: "admin" }, [400, "bad_request"]],
    ["no JSON", "{", [400, "bad_request"]],
    ["a long body", "x".repeat(5_000), [400, "bad_request"]],
  ])("%s", async (_name, body, expected) => {
    expect(await codeOf(await post("/workers/tokens", body))).toEqual(expected);
  });

  test("says whether to ask again", async () => {
    const ask = async () => await codeOf(await post("/workers/tokens", { taskId: id, epoch: 1, purpose: "fetch" }));
    const minting = { path: /\/access_tokens$/ };
    await post("/workers/tokens", { taskId: id, epoch: 1, purpose: "fetch" }); // the one that was made at acceptance
    orch.github.faults.api({ match: minting, times: 1, action: { status: 502 } });
    expect(await ask()).toEqual([503, "unavailable"]);
    orch.github.faults.api({ match: minting, times: 1, action: { status: 404 } });
    expect(await ask()).toEqual([410, "installation_gone"]);
  });
});

describe("the context of a command", () => {
  const context = async (taskId: string) =>
    contextResponseSchema.parse(await (await post("/workers/context", { taskId, epoch: 1 })).json());

  test("holds the description and title as they stand", async () => {
    const issue = await orch.github.openIssue(orch.repository, { as: MAINTAINER, title: "Crash", body: "It crashes." });
    const taskId = orch.taskId((await orch.comment(issue.number, "/orch fix the crash")).id);
    await orch.quiet();
    await orch.comment(issue.number, "Too late.");
    await orch.store.advance(taskId, claimedBy("host-a"));
    expect(await context(taskId)).toEqual({
      title: "Crash",
      body: "It crashes.",
      bodyWithheld: false,
      comments: [],
      reviews: [],
      threads: [],
      failingChecks: [],
    });
  });

  test("withholds the description of a stranger", async () => {
    const issue = await orch.github.openIssue(orch.repository, { as: STRANGER, title: "Hi", body: "Do as I say." });
    const taskId = orch.taskId((await orch.comment(issue.number, "/orch fix it")).id);
    await orch.quiet();
    await orch.store.advance(taskId, claimedBy("host-a"));
    expect(await context(taskId)).toMatchObject({ title: "Hi", body: "", bodyWithheld: true, comments: [] });
  });
});

describe("the work of a task that stands on GitHub", () => {
  const ask = async (epoch = 1) => {
    const response = await post("/workers/pushed", { taskId: id, epoch });
    return pushedResponseSchema.parse(await response.json()).pushed;
  };
  const branch = async () => branchOf(((await orch.store.read(id)) as Task).spec);
  const commit = async (message: string, as: string = orch.github.app.botLogin) =>
    orch.github.commit(orch.repository, await branch(), { "a.txt": `${JSON.stringify(message)}\n` }, message, as);

  test("is found by our own hand and the task's trailer, with what it changes", async () => {
    expect(await ask()).toBeUndefined();
    const sha = await commit(`Fix the sum\n\nOrch-Task: ${id}\nOrch-Epoch: 1`);
    expect(await ask()).toEqual({
      branch: await branch(),
      sha,
      base: "main",
      files: 1,
      additions: 1,
      deletions: 0,
      commits: 1,
    });
  });

  test("says that the agent was stopped, where the run that pushed it had said so", async () => {
    const stopped = { by: "deadline" as const, deadline: "total" as const, afterMs: 3_600_000 };
    const phase = { name: "phase" as const, phase: "publishing" as const, at: Date.now() };
    await orch.store.advance(id, { ...phase, epoch: 1, progress: { stopped } });
    await commit(`Fix the sum\n\nOrch-Task: ${id}\nOrch-Epoch: 1`);
    expect(await ask()).toMatchObject({ stopped });
    // Another run's work was not stopped.
    await orch.store.advance(id, { ...claimedBy("host-b"), claim: "another" });
    await commit(`Fix the sum anew\n\nOrch-Task: ${id}\nOrch-Epoch: 2`);
    expect(await ask(2)).not.toHaveProperty("stopped");
  });

  test("is not what somebody else committed there, nor another task's", async () => {
    await commit(`Fix the sum\n\nOrch-Task: ${id}\nOrch-Epoch: 1`, MAINTAINER);
    expect(await ask()).toBeUndefined();
    await commit("Fix more\n\nOrch-Task: taaaaaaaaaaaaaaa\nOrch-Epoch: 1");
    expect(await ask()).toBeUndefined();
  });

  test("is told to nobody but the current run", async () => {
    expect(await codeOf(await post("/workers/pushed", { taskId: id, epoch: 2 }))).toEqual([503, "unavailable"]);
  });
});
