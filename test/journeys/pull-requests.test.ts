/** Commands under a pull request work on its branch. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Orch, type Place, startOrch } from "../support/orch.ts";
import { ownBranch } from "../support/task-spec.ts";

describe("a command under a pull request", () => {
  let orch: Orch;
  beforeAll(async () => {
    orch = await startOrch({ agent: "fixes" });
  });
  afterAll(() => orch.close());

  test("the work lands on the pull request's own branch, on top of what is there", async () => {
    const place = await orch.place({ agent: "fixes" });
    const sha = await orch.simulator.commit(
      place.repository,
      "topic",
      { "note.txt": "x\n" },
      "Add a note",
      "maintainer",
    );
    const { number } = await orch.simulator.openPull(place.repository, {
      as: "maintainer",
      title: "Note",
      head: "topic",
      base: "main",
    });
    const { taskId } = await orch.command("/orch fix the tests", { repository: place.repository, number });
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request", number });
    const log = orch.simulator.state.log(place.repository, "topic");
    expect(log[1]?.sha).toBe(sha);
    expect(log[0]).toMatchObject({ author: "orch[bot]", subject: "Add instead of subtracting" });
    expect(log[0]?.body).toMatch(/Co-authored-by: maintainer/);
    expect(orch.simulator.state.pulls(place.repository)).toHaveLength(1);
    const checks = orch.simulator.state.checkRuns(place.repository, log[0]?.sha);
    expect(checks.map((each) => [each.name, each.conclusion])).toEqual([["orch", "success"]]);
  });

  test("somebody pushed meanwhile: nothing of theirs is overwritten, nothing of the agent's is lost", async () => {
    const place = await orch.place({ agent: "waits" });
    await orch.simulator.commit(place.repository, "topic", { "note.txt": "x\n" }, "Add a note", "maintainer");
    const { number } = await orch.simulator.openPull(place.repository, {
      as: "maintainer",
      title: "Note",
      head: "topic",
      base: "main",
    });
    const { taskId } = await orch.command("/orch fix the tests", { repository: place.repository, number });
    await orch.running(taskId, "working");
    const theirs = await orch.simulator.commit(place.repository, "topic", { "more.txt": "y\n" }, "Go on", "maintainer");
    await orch.letGo();
    const outcome = await orch.told(taskId);
    expect(orch.simulator.state.branches(place.repository).topic).toBe(theirs);
    const rescued = orch.simulator.state.pulls(place.repository).find((each) => each.number !== number);
    expect(rescued?.pull).toMatchObject({ headRef: ownBranch(number, taskId), baseRef: "topic", draft: true });
    expect(outcome).toMatchObject({ kind: "pull_request", number: rescued?.number });
  });

  test("the longest name that GitHub takes for a branch is worked on like any other", async () => {
    const head = "x".repeat(244);
    const { number, repository } = await openPull(orch, head);
    const { taskId } = await orch.command("/orch fix the tests", { repository, number });
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request", number });
    expect(orch.simulator.state.log(repository, head)[0]).toMatchObject({ author: "orch[bot]" });
  });

  test.each([
    ["that begins with refs/", "refs/heads/z", /begins with/],
    ["that no file can bear", `${"a/".repeat(90)}b`, /too long/],
  ])("a name %s is refused, with what to do", async (_what, head, why) => {
    const { number, repository } = await openPull(orch, head);
    const { taskId } = await orch.command("/orch fix the tests", { repository, number });
    expect(await orch.told(taskId)).toMatchObject({ kind: "refused", reason: expect.stringMatching(why) });
    expect(await orch.progressComment(/Push the same commits/, { repository, number })).toMatch(why);
  });

  test("a fork gets a plain answer why not yet", async () => {
    const place = await orch.place();
    orch.simulator.createUser("contributor");
    const fork = await orch.simulator.fork(place.repository, { as: "contributor" });
    await orch.simulator.commit(fork, "topic", { "note.txt": "x\n" }, "Add a note", "contributor");
    const { number } = await orch.simulator.openPull(place.repository, {
      as: "contributor",
      title: "Note",
      head: "contributor:topic",
      base: "main",
    });
    const { commentId } = await orch.command("/orch fix the tests", { repository: place.repository, number });
    const body = await orch.simulator.waitFor(
      () => orch.botComments({ repository: place.repository, number })[0]?.body,
    );
    expect(body).toMatch(/fork/i);
    await orch.simulator.waitFor(() =>
      orch.simulator.state.reactions(place.repository, commentId).some((each) => each.content === "confused"),
    );
  });
});

/** A pull request from the branch `head` of a repository of its own. */
async function openPull(orch: Orch, head: string): Promise<Place> {
  const { repository } = await orch.place({ agent: "fixes" });
  await orch.simulator.commit(repository, head, { "note.txt": "x\n" }, "Add a note", "maintainer");
  const pull = { as: "maintainer", title: "Note", head, base: "main" };
  const { number } = await orch.simulator.openPull(repository, pull);
  return { repository, number };
}
