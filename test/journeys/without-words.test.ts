/** Labels and checks ask for work as comments do, from the wish to its pull request. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Orch, type Place, startOrch } from "../support/orch.ts";

const maintainer = { as: "maintainer" };

let orch: Orch;
beforeAll(async () => {
  orch = await startOrch({ agent: "fixes" });
});
afterAll(() => orch.close());

const labelsOn = ({ repository, number }: Place) => orch.simulator.state.labels(repository, number);

/** The id of the task that was asked for as the nth one there. */
async function taskOf({ repository, number }: Place, nth = 1): Promise<string> {
  const ids = await orch.simulator.waitFor(async () => {
    const known = await orch.store.idsOfIssue(repository.id, number);
    return known.length >= nth && known;
  });
  const tasks = await orch.store.readMany(ids);
  return tasks.toSorted((one, other) => one.spec.acceptedAt - other.spec.acceptedAt)[nth - 1]?.spec.id ?? "";
}

describe("a label", () => {
  test("orch on an issue: the agent does what the issue says, the label is off again, and merging closes the issue", async () => {
    const place = await orch.place();
    await orch.simulator.addLabel(place.repository, place.number, "orch", maintainer);
    expect(await orch.told(await taskOf(place))).toMatchObject({ kind: "pull_request" });
    const comment = await orch.progressComment(/Done: pull request/, place);
    expect(comment).toContain("maintainer set the label `orch`");
    const [pull] = orch.simulator.state.pulls(place.repository);
    expect(pull?.body).toContain(`Fixes #${place.number}`);
    expect(labelsOn(place)).toEqual(["orch:done"]);
  });

  test("orch:retry after an agent that failed: the same is done once more, by who can do it now", async () => {
    const place = await orch.place({ agent: "fails" });
    const { taskId } = await orch.command("/orch fix the failing tests", place);
    expect(await orch.told(taskId)).toMatchObject({ kind: "agent_failed" });
    expect(await orch.progressComment(/The agent failed/, { ...place, task: taskId })).toContain("/orch retry");
    await orch.simulator.commit(
      place.repository,
      "main",
      { ".github/orch.yml": "agent: fixes\n" },
      "Take another agent",
      "maintainer",
    );
    await orch.simulator.addLabel(place.repository, place.number, "Orch:Retry", maintainer);
    expect(await orch.told(await taskOf(place, 2))).toMatchObject({ kind: "pull_request" });
    expect(labelsOn(place)).toEqual(["orch:done"]);
  });

  test("orch:cancel while the agent works: it is gone, and nothing is published", async () => {
    const place = await orch.place({ agent: "waits" });
    const { taskId } = await orch.command("/orch fix the failing tests", place);
    await orch.running(taskId, "working");
    await orch.simulator.addLabel(place.repository, place.number, "orch:cancel", maintainer);
    expect(await orch.told(taskId)).toMatchObject({ kind: "cancelled" });
    expect(orch.simulator.state.pulls(place.repository)).toEqual([]);
    expect(labelsOn(place)).toEqual(["orch:failed"]);
  });
});

describe("the check of a pull request", () => {
  test("its button cancels, Re-run begins anew, and the check ends green on what was pushed", async () => {
    const { repository } = await orch.place({ agent: "waits" });
    const sha = await orch.simulator.commit(repository, "topic", { "topic.txt": "x\n" }, "Begin", "maintainer");
    const { number } = await orch.simulator.openPull(repository, {
      ...maintainer,
      title: "Add",
      head: "topic",
      base: "main",
    });
    const place = { repository, number };
    const checkOn = (commit: string) =>
      orch.simulator.state.checkRuns(repository, commit).filter(({ name }) => name === "orch");
    const { taskId } = await orch.command("/orch fix the failing tests", place);
    await orch.running(taskId, "working");
    const [check] = await orch.simulator.waitFor(() => {
      const found = checkOn(sha);
      return found[0]?.actions?.some(({ identifier }) => identifier === "cancel") && found;
    });
    await orch.simulator.pressButton(repository, check?.id ?? 0, "cancel", maintainer);
    expect(await orch.told(taskId)).toMatchObject({ kind: "cancelled" });
    expect(checkOn(sha)).toMatchObject([{ status: "completed" }]);

    await orch.simulator.rerequestCheck(repository, check?.id ?? 0, maintainer);
    const again = await taskOf(place, 2);
    await orch.running(again, "working");
    await orch.letGo();
    expect(await orch.told(again)).toMatchObject({ kind: "pull_request" });
    const head = orch.simulator.state.pulls(repository)[0]?.pull.headRef ?? "";
    const pushed = orch.simulator.state.branches(repository)[head] ?? "";
    expect(pushed).not.toBe(sha);
    for (const commit of [sha, pushed])
      expect(checkOn(commit).every(({ status }) => status === "completed")).toBe(true);
    expect(checkOn(pushed)).toMatchObject([{ conclusion: "success" }]);
  });
});
