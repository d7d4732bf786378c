/** GitHub fails while a task speaks with it, and is well again later: the work is neither lost nor published twice. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ApiFaultAction } from "../../simulator/faults.ts";
import { type Orch, startOrch } from "../support/orch.ts";

describe("what may pass", () => {
  let orch: Orch;
  beforeAll(async () => {
    orch = await startOrch({ agent: "fixes", slots: 4 });
  });
  afterAll(() => orch.close());

  const status = (code: number): ApiFaultAction => ({ status: code });
  const limited: ApiFaultAction = { status: 429, headers: { "retry-after": "2" } };

  test.for<[string, ApiFaultAction, string, RegExp, number]>([
    ["the push, twice 502", status(502), "POST", /\/git-receive-pack$/, 2],
    ["the push, limited", limited, "GET", /\/info\/refs$/, 2],
    ["the push, whose answer is lost", "lost", "POST", /\/git-receive-pack$/, 1],
    ["the push, whose token is too new", status(401), "POST", /\/git-receive-pack$/, 1],
    ["the fetch, five times", status(503), "POST", /\/git-upload-pack$/, 4],
    ["the fetch, that is cut off", "reset", "GET", /\/info\/refs$/, 1],
    ["tokens, five times", status(500), "POST", /\/access_tokens$/, 5],
    ["tokens, limited", limited, "POST", /\/access_tokens$/, 1],
    ["the context, twice", status(502), "POST", /\/graphql$/, 2],
    ["the pull request, twice", status(502), "POST", /\/pulls$/, 2],
    ["the pull request, whose answer is lost", "lost", "POST", /\/pulls$/, 1],
  ])("%s: one pull request", { timeout: 120_000 }, async ([, action, method, path, times]) => {
    const place = await orch.place();
    const fault = orch.simulator.faults.api({ times, match: { method, path }, action });
    const { taskId } = await orch.command("/orch fix the tests", place);
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    expect(fault.fired).toBe(times);
    expect(orch.simulator.state.pulls(place.repository)).toHaveLength(1);
    expect(Object.keys(orch.simulator.state.branches(place.repository))).toHaveLength(2);
    expect(orch.botComments(place)).toHaveLength(1);
    const started = orch.host
      .log()
      .split("\n")
      .filter((line) => line.includes(taskId) && line.includes('"step":"agent-1"'));
    expect(started).toHaveLength(1);
  });
});

describe("an outage of git", () => {
  let orch: Orch;
  beforeAll(async () => {
    orch = await startOrch({ agent: "fixes" });
  });
  afterAll(() => orch.close());

  // Side by side, each in a repository of its own: what is told comes half a minute after it began.
  test.concurrent.for<[string, string, RegExp]>([
    ["fetch", "git-upload-pack", /\*\*Prepare [\s\S]*The task goes on as soon as it does/],
    ["push", "git-receive-pack", /\*\*Publish[\s\S]*The work is finished and will be pushed as soon/],
  ])(
    "at the %s: since when and until when is told while it lasts, and then one pull request opens",
    async ([, service, words], { expect }) => {
      const place = await orch.place();
      const match = { method: "POST", path: new RegExp(`/${place.repository.name}(\\.git)?/${service}$`) };
      const outage = orch.simulator.faults.api({ times: 1_000, match, action: { status: 503 } });
      const { taskId } = await orch.command("/orch fix the tests", place);
      const comment = await orch.progressComment(/GitHub's git has not answered as it should/, place);
      expect(comment).toMatch(/since \d\d:\d\d UTC\. It is tried again and again until \d\d:\d\d UTC\./);
      expect(comment).toMatch(words);
      outage.cancel();
      expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
      expect(await orch.progress(taskId)).toMatchObject({ heldUpSince: false });
      expect(orch.simulator.state.pulls(place.repository)).toHaveLength(1);
    },
  );
});

describe("what lasts longer than the time for it", () => {
  let orch: Orch;
  beforeAll(async () => {
    orch = await startOrch({ agent: "fixes", limits: { publishingMinutes: 0.08, preparingMinutes: 0.3 } });
  });
  afterAll(() => orch.close());

  test("a push that fails to its deadline says what stood in the way, and where the work is", async () => {
    const place = await orch.place();
    const match = { method: "POST", path: /\/git-receive-pack$/ };
    const fault = orch.simulator.faults.api({ times: 1_000, match, action: { status: 502 } });
    const { taskId } = await orch.command("/orch fix the tests", place);
    expect(await orch.told(taskId)).toMatchObject({
      kind: "timed_out",
      deadline: "publishing",
      obstacle: expect.stringContaining("502"),
    });
    fault.cancel();
    expect(fault.fired).toBeGreaterThan(1);
    const comment = await orch.progressComment(/is kept on the worker host/, place);
    expect(comment).toMatch(/What stood in the way until the end: Pushing to .* failed\\?: .*502/);
    expect(comment).toMatch(/`\/orch retry t[a-z2-7]{7}`: that publishes it without running the agent again/);
    expect(orch.simulator.state.pulls(place.repository)).toEqual([]);
  });

  test("a fetch that fails to its deadline says what stood in the way", async () => {
    const place = await orch.place();
    const match = { path: /\/(info\/refs|git-upload-pack)$/ };
    const fault = orch.simulator.faults.api({ times: 1_000, match, action: { status: 503 } });
    const { taskId } = await orch.command("/orch fix the tests", place);
    const outcome = {
      kind: "timed_out",
      deadline: "preparing",
      obstacle: expect.stringContaining("503"),
    };
    expect(await orch.told(taskId)).toMatchObject(outcome);
    fault.cancel();
    expect(await orch.progressComment(/could not prepare the workspace/, place)).toContain("Fetching from");
  });
});
