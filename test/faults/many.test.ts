/** Many tasks at once, and the longer form of installation tokens. */
import { afterEach, describe, expect, test } from "vitest";
import { type Orch, startOrch } from "../support/orch.ts";
import { ownBranch } from "../support/task-spec.ts";

describe("many at once", () => {
  let orch: Orch;
  afterEach(() => orch.close());

  test("two tasks at once in one repository do not disturb each other", async () => {
    orch = await startOrch({ agent: "waits", slots: 2 });
    const { number } = await orch.simulator.openIssue(orch.repository, {
      as: "maintainer",
      title: "Another",
      body: "Too.",
    });
    const one = await orch.command("/orch fix the tests");
    const other = await orch.command("/orch fix the tests", { number });
    await Promise.all([orch.running(one.taskId, "working"), orch.running(other.taskId, "working")]);
    await orch.letGo();
    const outcomes = await Promise.all([orch.told(one.taskId), orch.told(other.taskId)]);
    expect(outcomes.map((each) => each.kind)).toEqual(["pull_request", "pull_request"]);
    const heads = orch.simulator.state.pulls(orch.repository).map((pull) => pull.pull.headRef);
    expect(heads.sort()).toEqual([ownBranch(orch.issue, one.taskId), ownBranch(number, other.taskId)].sort());
  });

  test("twenty commands at once are twenty pull requests, two at a time", async () => {
    orch = await startOrch({ agent: "fixes", slots: 2 });
    const issues = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        orch.simulator.openIssue(orch.repository, { as: "maintainer", title: `Issue ${index}`, body: "Fix." }),
      ),
    );
    const commands = await Promise.all(issues.map(({ number }) => orch.command("/orch fix the tests", { number })));
    const outcomes = await Promise.all(commands.map(({ taskId }) => orch.told(taskId)));
    expect(outcomes.filter((each) => each.kind === "pull_request")).toHaveLength(20);
    expect(orch.simulator.state.pulls(orch.repository)).toHaveLength(20);
    for (const { number } of issues) expect(orch.botComments({ number })).toHaveLength(1);
  }, 240_000);

  test("installation tokens of the long form, with dots in them, work from fetch to push", async () => {
    orch = await startOrch({ agent: "fixes", private: true, tokenFormat: "stateless" });
    const { taskId } = await orch.command("/orch fix the tests");
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    const issued = orch.simulator.tokensIssued();
    expect(issued.filter((each) => each.format !== "stateless" || each.length < 450)).toEqual([]);
    for (const use of ["rest", "fetch", "push"] as const)
      expect(issued.filter((each) => each.uses[use] > 0)).not.toEqual([]);
    const long = /ghs_\d+_[\w-]+\.[\w-]+\.[\w-]+/;
    expect(orch.bot.log()).not.toMatch(long);
    expect(orch.host.log()).not.toMatch(long);
    expect(
      orch
        .botComments()
        .map((each) => each.body)
        .join(),
    ).not.toMatch(long);
  });
});
