/** An agent that proposes before it does anything, and what people make of that. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { progressOf } from "../../src/task/task.ts";
import { type Orch, type Place, startOrch } from "../support/orch.ts";
import { ownBranch } from "../support/task-spec.ts";

let orch: Orch;
beforeAll(async () => {
  orch = await startOrch({ agent: "plans" });
});
afterAll(() => orch.close());

/** Asks for a proposal, and waits until the comment shows one. */
async function propose(place: Place, text = "/orch plan how to fix the sum") {
  const { taskId } = await orch.command(text, place);
  return { taskId, name: await proposed(taskId, place) };
}

async function proposed(taskId: string, place: Place, not = ""): Promise<string> {
  const isNew = (name: string | undefined): name is string => name !== undefined && name !== not;
  const { proposal } = await orch.task(
    taskId,
    ({ state, proposal }) => state.name === "waiting" && isNew(proposal?.name),
  );
  const name = proposal?.name ?? "";
  await orch.progressComment(new RegExp(`Proposal \`${name}\``), { ...place, task: taskId });
  return name;
}

const summaryOf = async (taskId: string) => (await orch.store.read(taskId))?.proposal?.said.summary;

const answered = (place: Place, pattern: RegExp) =>
  vi.waitFor(() => expect(orch.botComments(place).at(-1)?.body).toMatch(pattern), { timeout: 20_000, interval: 20 });

describe("a proposal", () => {
  test("is shown with its name, made without touching anything, and becomes a pull request of the same session once it is approved", async () => {
    const place = await orch.place({ agent: "plans", verify: "node --test" });
    const { taskId, name } = await propose(place);
    const comment = await orch.progressComment(/Repair the sum in add\.js/, { ...place, task: taskId });
    expect(await summaryOf(taskId)).toContain("tree no, new no, git no, home yes, tmp yes, repository no, commit no");
    expect(comment).toContain(`\`/orch approve ${name}\``);
    expect(comment).toContain(`\`/orch plan ${name}\``);
    expect(orch.simulator.state.pulls(place.repository)).toEqual([]);
    expect(Object.keys(orch.simulator.state.branches(place.repository))).toEqual(["main"]);
    await orch.command("/orch why", place);
    await answered(place, /has made a proposal/);

    await orch.command(`/orch approve \`${name}\``, place);
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    const task = await orch.store.read(taskId);
    expect(task?.runs.map(({ end }) => end)).toEqual(["parked", "pull_request"]);
    expect(task && progressOf(task).summary).toContain(`As proposed, in turn 2 of s-${taskId}`);
    expect(
      orch.simulator.state.fileAt(place.repository, ownBranch(place.number, taskId, "how-to-fix-the-sum"), "add.js"),
    ).toContain("a + b");
  });

  test("is replaced by another one that was asked for; the earlier name is answered with the current one", async () => {
    const place = await orch.place({ agent: "plans" });
    const { taskId, name } = await propose(place);
    await orch.command(`/orch plan ${name} keep the sign\nand the tests`, place);
    const next = await proposed(taskId, place, name);
    await orch.progressComment(/Swap the operands/, { ...place, task: taskId });
    expect(await summaryOf(taskId)).toBe("Asked for: keep the sign. Turn 2.");
    await orch.command(`/orch approve ${name}`, place);
    await answered(place, new RegExp(`no proposal \`${name}\`.*The current one is \`${next}\``, "s"));
    await orch.command("/orch approve", place);
    await answered(place, new RegExp(`Say which proposal.*\`${next}\``, "s"));
    await orch.command(`/orch cancel`, place);
    expect(await orch.settled(taskId)).toMatchObject({ kind: "cancelled" });
    await orch.command(`/orch approve ${next}`, place);
    await answered(place, /No proposal waits for a decision here/);
  });

  test("is not approved where a file that it names has changed since, and is made anew on what there is now", async () => {
    const place = await orch.place({ agent: "plans" });
    const { taskId, name } = await propose(place);
    await orch.simulator.commit(
      place.repository,
      "main",
      { "add.js": "// Rewritten.\nexport const add = (a, b) => a - b;\n" },
      "Rewrite add",
    );
    await orch.command(`/orch approve ${name}`, place);
    await answered(place, new RegExp(`not approved proposal \`${name}\`.*\`add.js\``, "s"));
    const next = await proposed(taskId, place, name);
    await orch.progressComment(/once more/, { ...place, task: taskId });
    expect(await summaryOf(taskId)).toBe(`It begins with: // Rewritten.export. Turn 2 of s-${taskId}.`);
    await orch.command(`/orch approve ${next}`, place);
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
  });

  test("is approved although another file has changed since", async () => {
    const place = await orch.place({ agent: "plans" });
    const { taskId, name } = await propose(place);
    await orch.simulator.commit(place.repository, "main", { "other.js": "// New.\n" }, "Add another file");
    await orch.command(`/orch approve ${name}`, place);
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
  });

  test("is approved by nobody who may not write", async () => {
    const place = await orch.place({ agent: "plans" });
    const { taskId, name } = await propose(place);
    orch.simulator.createUser("stranger");
    await orch.command(`/orch approve ${name}`, { ...place, as: "stranger" });
    await answered(place, /stranger/);
    expect((await orch.store.read(taskId))?.proposal?.decision).toBeUndefined();
    await orch.command("/orch cancel", place);
    expect(await orch.settled(taskId)).toMatchObject({ kind: "cancelled" });
  });

  test("that comes to nothing ends as no change", async () => {
    const place = await orch.place({ agent: "silent" });
    const { taskId } = await orch.command("/orch plan how to fix the sum", place);
    expect(await orch.settled(taskId)).toMatchObject({ kind: "no_changes" });
  });
});

test("a host that is killed while a proposal waits carries it out in the same session when it is back", async () => {
  const place = await orch.place({ agent: "plans" });
  const { taskId, name } = await propose(place);
  await orch.host.kill();
  await orch.command(`/orch approve ${name}`, place);
  await orch.task(taskId, ({ proposal }) => proposal?.decision?.kind === "approved");
  await orch.host.start();
  expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
  const task = await orch.store.read(taskId);
  expect(task && progressOf(task).summary).toContain(`As proposed, in turn 2 of s-${taskId}`);
});

test("on a pull request the check asks for a person while a proposal waits", async () => {
  const place = await orch.place({ agent: "plans" });
  const { taskId } = await orch.command("/orch plan how to fix the sum", place);
  const name = await proposed(taskId, place);
  await orch.command(`/orch approve ${name}`, place);
  await orch.told(taskId);
  const [pull] = orch.simulator.state.pulls(place.repository);
  const under = { ...place, number: pull?.number ?? 0 };
  const next = await propose(under, "/orch plan what to do next");
  const runs = await orch.simulator.waitFor(() => {
    const found = orch.simulator.state
      .checkRuns(place.repository)
      .filter((run) => run.conclusion === "action_required");
    return found.length > 0 && found;
  });
  expect(runs).toHaveLength(1);
  await orch.command("/orch cancel", under);
  expect(await orch.settled(next.taskId)).toMatchObject({ kind: "cancelled" });
});
