/** `/orch review`: an agent that has not written the changes reads them; what it finds is posted, and mended where Orch wrote them. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { progressOf, type Task } from "../../src/task/task.ts";
import { type Orch, type Place, startOrch } from "../support/orch.ts";

let orch: Orch;
beforeAll(async () => {
  orch = await startOrch({ agent: "writes", slots: 2, roles: { reviewer: { agent: "judges" } } });
});
afterAll(() => orch.close());

const tasksOn = async ({ repository, number }: Place): Promise<Task[]> =>
  await orch.store.readMany(await orch.store.idsOfIssue(repository.id, number));

/** The tasks of the pull request, once there are so many and all are over and told. */
async function allTold(place: Place, many: number): Promise<Task[]> {
  for (let told = 0; told < many; ) {
    const tasks = await vi.waitFor(
      async () => {
        const found = await tasksOn(place);
        expect(found.length).toBeGreaterThan(told);
        return found;
      },
      { timeout: 60_000, interval: 50 },
    );
    for (const { spec } of tasks.slice(told)) await orch.told(spec.id);
    told = tasks.length;
  }
  return await tasksOn(place);
}

const reviewsOn = ({ repository, number }: Place) =>
  orch.simulator.state.reviews(repository, number).map((review) => ({
    ...{ by: review.user.login, state: review.state, body: review.body },
    comments: orch.simulator.state
      .reviewComments(repository, number)
      .filter(({ reviewId }) => reviewId === review.id)
      .map(({ place: { path, line }, body }) => ({ path, line, body })),
  }));

/** A pull request that a person has opened, with these files besides. */
async function openPull(files: Record<string, string>): Promise<Place> {
  const place = await orch.place();
  const { repository } = place;
  const content = "export const add = (a, b) => a + b;\n";
  await orch.simulator.commit(repository, "topic", { "add.js": content, ...files }, "Add", "maintainer");
  const pull = { as: "maintainer", title: "Add", head: "topic", base: "main", body: "Adds." };
  const { number } = await orch.simulator.openPull(repository, pull);
  return { repository, number };
}

const outcomeOf = (task: Task | undefined) => (task?.state.name === "settled" ? task.state.outcome : undefined);

describe("a review of changes that Orch wrote", () => {
  test("is by another agent that knows nothing of the writer's, goes to the writer twice, and then to people", async () => {
    const place = await orch.place();
    const { taskId: writing } = await orch.command("/orch fix the sum", place);
    expect(await orch.told(writing)).toMatchObject({ kind: "pull_request" });
    const [opened] = orch.simulator.state.pulls(place.repository);
    const pull = { repository: place.repository, number: opened?.number ?? 0 };
    await orch.command("/orch review", pull);
    const tasks = await allTold(pull, 5);

    expect(tasks.map(({ spec }) => spec.role ?? "writer")).toEqual([
      ...["reviewer", "writer", "reviewer", "writer", "reviewer"],
    ]);
    expect(tasks.map((task) => outcomeOf(task)?.kind)).toEqual([
      ...["reviewed", "pull_request", "reviewed", "pull_request", "reviewed"],
    ]);
    expect(tasks.map(({ agent }) => agent)).toEqual(["judges", "writes", "judges", "writes", "judges"]);
    const [first, mended, second, , third] = tasks;
    expect(outcomeOf(first)).toMatchObject({
      findings: 2,
      handedOn: { kind: "handed", task: mended?.spec.id, round: 1 },
    });
    expect(outcomeOf(second)).toMatchObject({ findings: 2, handedOn: { kind: "handed", round: 2 } });
    expect(outcomeOf(third)).toMatchObject({ findings: 2, handedOn: { kind: "over", rounds: 2 } });

    // Whoever wrote goes on in the session in which it wrote; whoever judges begins anew each time.
    const content = orch.simulator.state.fileAt(pull.repository, opened?.pull.headRef ?? "", "add.js");
    expect(content).toContain(`// mended: 2 of s-${writing}\n// mended: 2 of s-${writing}\n`);
    for (const task of [first, second, third]) {
      expect(task && progressOf(task).start).toEqual({ how: "fresh" });
      expect(task && progressOf(task).finish?.summary).toMatch(
        /looked at add\.js .* tree no, tmp yes\. Thoughts of others: 0; requests: 1; kept from before: 0\./,
      );
    }

    const reviews = reviewsOn(pull);
    expect(reviews.map(({ by, state }) => `${by} ${state}`)).toEqual(
      Array.from({ length: 3 }, () => `${orch.simulator.app.botLogin} COMMENTED`),
    );
    for (const { body, comments } of reviews) {
      expect(body).toMatch(/\*\*2 findings\*\* in the changes up to `[0-9a-f]{7}` \(1 high, 1 low\)/);
      expect(body).toContain("Not on a line of these changes");
      expect(body).toContain("`README.md`, line 1");
      expect(comments).toMatchObject([{ path: "add.js", line: 1 }]);
      expect(comments[0]?.body).toContain("```suggestion\nexport const add = (a, b) => Number(a) + Number(b);\n```");
    }
    const told = await orch.progressComment(/round 1 of 2/, { ...pull, task: first?.spec.id ?? "" });
    expect(told).toContain("Reviewed: 2 findings");
    expect(
      await orch.progressComment(/that is done 2 times at most/, { ...pull, task: third?.spec.id ?? "" }),
    ).toBeTruthy();
    expect(orch.simulator.state.branches(pull.repository)[opened?.pull.headRef ?? ""]).toBe(tasks[3]?.pushed?.sha);
  });
});

describe("a review of changes that a person wrote", () => {
  test("is only that: nothing is mended", async () => {
    const pull = await openPull({});
    const { taskId } = await orch.command("/orch review", pull);
    expect(await orch.told(taskId)).toMatchObject({ kind: "reviewed", findings: 2 });
    const outcome = outcomeOf(await orch.store.read(taskId));
    expect(outcome).not.toHaveProperty("handedOn");
    expect(outcome).toMatchObject({ url: expect.stringContaining(`/pull/${pull.number}#pullrequestreview-`) });
    expect(await tasksOn(pull)).toHaveLength(1);
    expect(reviewsOn(pull)).toHaveLength(1);
    expect(await orch.progressComment(/Judge the findings/, { ...pull, task: taskId })).toBeTruthy();
  });

  test("without findings says so plainly, and the label asks for it, too", async () => {
    const pull = await openPull({ "spotless.js": "export {};\n" });
    await orch.simulator.addLabel(pull.repository, pull.number, "orch:review", { as: "maintainer" });
    const [task] = await allTold(pull, 1);
    expect(outcomeOf(task)).toMatchObject({ kind: "reviewed", findings: 0 });
    expect(reviewsOn(pull)).toMatchObject([{ state: "COMMENTED", comments: [] }]);
    expect(reviewsOn(pull)[0]?.body).toMatch(/^\*\*No findings\*\* in the changes up to/);
  });

  test("goes on where its agent is when the host dies in the middle, with what was handed in, and stands there once", async () => {
    const pull = await openPull({ "slow.js": "export {};\n" });
    const { taskId } = await orch.command("/orch review", pull);
    await orch.running(taskId, "working");
    const says = async () => expect(await orch.agentOutput(taskId)).toContain("I wait");
    await vi.waitFor(says, { timeout: 20_000, interval: 50 });
    await orch.host.kill();
    await orch.letGo();
    await orch.host.start();
    expect(await orch.told(taskId)).toMatchObject({ kind: "reviewed", findings: 1 });
    expect(reviewsOn(pull)).toMatchObject([{ comments: [{ path: "slow.js", line: 1 }] }]);
  });

  test("whose agent hands in nothing, even when it is asked for it, is no review", async () => {
    const pull = await openPull({ "mute.js": "export {};\n" });
    const { taskId } = await orch.command("/orch review", pull);
    expect(await orch.told(taskId)).toMatchObject({ kind: "agent_failed", reason: "no_review" });
    expect(reviewsOn(pull)).toEqual([]);
  });
});

test("on an issue there is nothing to review", async () => {
  const place = await orch.place();
  await orch.command("/orch review", place);
  await vi.waitFor(() => expect(orch.botComments(place).at(-1)?.body).toMatch(/An issue has no changes to review/), {
    timeout: 20_000,
    interval: 20,
  });
  expect(await tasksOn(place)).toEqual([]);
});

test("a repository that has switched the reviewer off is not reviewed", async () => {
  const place = await orch.place({ roles: { reviewer: "off" } });
  await orch.simulator.commit(place.repository, "topic", { "note.txt": "x\n" }, "Add a note", "maintainer");
  const pull = { as: "maintainer", title: "Note", head: "topic", base: "main" };
  const { number } = await orch.simulator.openPull(place.repository, pull);
  const under = { repository: place.repository, number };
  await orch.command("/orch review", under);
  await vi.waitFor(() => expect(orch.botComments(under).at(-1)?.body).toMatch(/switched the role `reviewer` off/), {
    timeout: 20_000,
    interval: 20,
  });
});
