/** An agent that a limit stops may have done its work by then: where the repository's check passes it, it is offered as a draft. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Orch, type Place, startOrch } from "../support/orch.ts";

const VERIFY = "node --test";

describe("an agent that is stopped", () => {
  let orch: Orch;
  beforeAll(async () => {
    orch = await startOrch({ limits: { silenceMinutes: 0.04 }, slots: 3 });
  });
  afterAll(() => orch.close());

  const ask = async (place: Place) => {
    const { taskId } = await orch.command("/orch fix the tests", place);
    return { taskId, outcome: await orch.told(taskId) };
  };
  const pullsOf = ({ repository }: Place) => orch.simulator.state.pulls(repository);

  test("with a change that passes the check: a draft pull request that says so first", async () => {
    const place = await orch.place({ agent: "unfinished", verify: VERIFY });
    const { outcome } = await ask(place);
    expect(outcome).toMatchObject({ kind: "pull_request", draft: true });
    const [pull] = pullsOf(place);
    expect(pull?.pull.draft).toBe(true);
    expect(pull?.body?.split("\n").slice(0, 2).join("\n")).toMatch(
      /^> \[!WARNING\]\n> The agent was stopped before it said that it was done, because it printed nothing and did no work for 2s\. .*may be incomplete/,
    );
    const comment = await orch.progressComment(/Stopped: what was done is in pull request #\d+/, place);
    expect(comment).toContain("because it printed nothing and did no work for 2s");
    const [check] = orch.simulator.state.checkRuns(place.repository, pull?.pull.headSha ?? "");
    expect(check).toMatchObject({ conclusion: "neutral" });
  });

  test("at its limit of turns, with a change that passes: the same", async () => {
    const place = await orch.place({ agent: "out-of-turns", verify: VERIFY });
    expect((await ask(place)).outcome).toMatchObject({ kind: "pull_request", draft: true });
    expect(pullsOf(place)[0]?.body).toMatch(/stopped .* because its budget was used up: .*20 turns were not enough/);
  });

  test("with a change that fails the check: out of time, and nothing is published", async () => {
    const place = await orch.place({ agent: "astray", verify: VERIFY });
    expect((await ask(place)).outcome).toMatchObject({ kind: "timed_out", deadline: "silence" });
    expect(pullsOf(place)).toEqual([]);
    expect(await orch.progressComment(/is kept on the worker host/, place)).toMatch(/Out of time/);
  });

  test.each([
    ["has no check", { agent: "unfinished" }],
    ["keeps such work", { agent: "unfinished", verify: VERIFY, onStop: "keep" }],
  ])("in a repository that %s: out of time, and nothing is published", async (_what, file) => {
    const place = await orch.place(file);
    expect((await ask(place)).outcome).toMatchObject({ kind: "timed_out", deadline: "silence" });
    expect(pullsOf(place)).toEqual([]);
  });

  test("on a pull request: its branch is left alone, the work is offered onto it", async () => {
    const { repository } = await orch.place({ agent: "unfinished", verify: VERIFY });
    await orch.simulator.commit(repository, "topic", { "note.txt": "x\n" }, "Add a note", "maintainer");
    const about = { as: "maintainer", title: "Note", head: "topic", base: "main" };
    const { number } = await orch.simulator.openPull(repository, about);
    const topic = orch.simulator.state.branches(repository).topic;
    const place = { repository, number };
    expect((await ask(place)).outcome).toMatchObject({ kind: "pull_request", draft: true });
    expect(orch.simulator.state.branches(repository).topic).toBe(topic);
    const offered = pullsOf(place).find((pull) => pull.number !== number);
    expect(offered).toMatchObject({ pull: { draft: true, baseRef: "topic" } });
    expect(await orch.progressComment(/it was not pushed to `topic`, but to a branch of its own/, place)).toBeTruthy();
  });
});

test("an operator who keeps such work is not overruled by a repository", async () => {
  const orch = await startOrch({ limits: { silenceMinutes: 0.04 }, onStop: "keep" });
  try {
    const place = await orch.place({ agent: "unfinished", verify: VERIFY, onStop: "publish" });
    const { taskId } = await orch.command("/orch fix the tests", place);
    expect(await orch.told(taskId)).toMatchObject({ kind: "timed_out" });
    expect(orch.simulator.state.pulls(place.repository)).toEqual([]);
  } finally {
    await orch.close();
  }
});
