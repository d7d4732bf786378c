/** What people say while an agent works, and what is to be done after that. */
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Orch, type Place, startOrch } from "../support/orch.ts";

let orch: Orch;
let place: Place;
beforeAll(async () => {
  orch = await startOrch({ agent: "hears", slots: 3 });
});
afterAll(() => orch.close());
beforeEach(async () => {
  place = await orch.place({ agent: "hears" });
});

const say = async (text: string): Promise<number> => (await orch.command(text, place)).commentId;

const untilReaction = (commentId: number, wanted: string) =>
  orch.simulator.waitFor(() => {
    const all = orch.simulator.state.reactions(place.repository, commentId).map(({ content }) => content);
    return all.length === 1 && all[0] === wanted;
  });

const untilSaid = (taskId: string, wanted: string) =>
  expect.poll(() => orch.agentOutput(taskId), { timeout: 20_000 }).toContain(wanted);

/** What the agents have written down of what they heard, on the task's branch. */
async function heard(taskId: string): Promise<string | undefined> {
  const branch = (await orch.store.read(taskId))?.pushed?.branch ?? "";
  return orch.simulator.state.fileAt(place.repository, branch, "heard.txt");
}

describe("somebody tells a working agent something", () => {
  test("it calls as it goes: it hears of it with its next call, in the same turn, and the comment says so", async () => {
    const { taskId } = await orch.command("/orch call as you go", place);
    await untilSaid(taskId, "I begin");
    const commentId = await say("/orch tell Please use tabs");
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    await untilReaction(commentId, "rocket");
    expect(await heard(taskId)).toBe(`s-${taskId}, turn 1: Please use tabs\n`);
  });

  test("it never calls: it hears of it as its next turn, in the same session", async () => {
    const { taskId } = await orch.command("/orch do your work", place);
    await untilSaid(taskId, "I begin");
    const commentId = await say("/orch tell Please use tabs");
    await untilReaction(commentId, "eyes");
    await orch.letGo();
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    await untilReaction(commentId, "rocket");
    expect(await heard(taskId)).toBe(`s-${taskId}, turn 1: nothing\ns-${taskId}, turn 2: Please use tabs\n`);
  });

  test("it takes back what has just passed its check: nothing is published", async () => {
    const wait = 'until test -e "$0/checked"; do sleep 0.1; done';
    const verify = JSON.stringify(["sh", "-c", wait, join(orch.dir, "stage", "shared")]);
    place = await orch.place({ agent: "hears", verify });
    const { taskId } = await orch.command("/orch do your work", place);
    await untilSaid(taskId, "I begin");
    await orch.letGo();
    await orch.running(taskId, "verifying");
    const commentId = await say("/orch tell Please use the other file, and take it back");
    await untilReaction(commentId, "eyes");
    await orch.letGo("checked");
    expect(await orch.told(taskId)).toMatchObject({
      kind: "no_changes",
      lastWords: expect.stringMatching(/Taken back$/),
    });
    await untilReaction(commentId, "rocket");
    expect(orch.asked(place).pulls).toBe(0);
  });

  test("a limit ends the turn in which it was told and said more: it goes on in the same session, and is not told again", async () => {
    const { taskId } = await orch.command("/orch call as you go and meet a limit", place);
    await untilSaid(taskId, "I begin");
    const commentId = await say("/orch tell Please use tabs");
    await orch.task(taskId, ({ state }) => state.name === "waiting");
    await untilReaction(commentId, "rocket");
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    expect(await heard(taskId)).toBe(`s-${taskId}, turn 1: Please use tabs\ns-${taskId}, turn 2: nothing\n`);
  });

  test("what is said while its account has a limit waits with it, and is told once when it goes on", async () => {
    const { taskId } = await orch.command("/orch meet a limit at once", place);
    await orch.task(taskId, ({ state }) => state.name === "waiting");
    const commentId = await say("/orch tell Please use tabs");
    await untilReaction(commentId, "eyes");
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    await untilReaction(commentId, "rocket");
    const lines = (await heard(taskId))?.trimEnd().split("\n") ?? [];
    expect(lines.filter((line) => line.endsWith("Please use tabs"))).toHaveLength(1);
    expect(lines.every((line) => line.startsWith(`s-${taskId}, `))).toBe(true);
  });

  test("the worker host dies between telling it and hearing from it again: it is told once, and that is known", async () => {
    const { taskId } = await orch.command("/orch call as you go, and linger", place);
    await untilSaid(taskId, "I begin");
    const commentId = await say("/orch tell Please use tabs");
    await untilSaid(taskId, "I have heard");
    await untilReaction(commentId, "eyes");
    await orch.host.kill();
    await orch.host.start();
    await orch.letGo("linger");
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    await untilReaction(commentId, "rocket");
    expect(await heard(taskId)).toBe(`s-${taskId}, turn 1: Please use tabs\n`);
  });
});

describe("somebody asks what is to be done then", () => {
  test("it waits, goes on in the same session on the same branch, and there is one pull request", async () => {
    const first = await orch.command("/orch call as you go", place);
    await untilSaid(first.taskId, "I begin");
    const second = await orch.command("/orch then do your work", place);
    await orch.task(second.taskId, ({ state }) => state.name === "waiting");
    const waits = new RegExp(`goes on from task \`${first.taskId}\`, and starts when that is over`);
    expect(await orch.progressComment(waits, { ...place, task: second.taskId })).toBeTruthy();
    await say(`/orch tell ${first.taskId} Please use tabs`);
    const outcome = await orch.told(first.taskId);
    await orch.letGo();
    expect(outcome).toMatchObject({ kind: "pull_request" });
    const number = outcome.kind === "pull_request" ? outcome.number : 0;
    expect(await orch.told(second.taskId)).toMatchObject({ kind: "pull_request", number });
    const [one, two] = await Promise.all([first, second].map(({ taskId }) => orch.store.read(taskId)));
    expect(two?.pushed?.branch).toBe(one?.pushed?.branch);
    expect(two?.runs[0]?.progress.start).toEqual({ how: "resumed", task: first.taskId });
    const session = `s-${first.taskId}`;
    expect(await heard(second.taskId)).toBe(`${session}, turn 1: Please use tabs\n${session}, turn 2: nothing\n`);
    expect(orch.asked(place).pulls).toBe(1);
  });

  test("the first is cancelled: the second ends with it, and says so", async () => {
    const first = await orch.command("/orch call as you go", place);
    await orch.running(first.taskId, "working");
    const second = await orch.command("/orch then do your work", place);
    await orch.task(second.taskId, ({ state }) => state.name === "waiting");
    await orch.command(`/orch cancel ${first.taskId}`, place);
    expect(await orch.told(second.taskId)).toMatchObject({ kind: "cancelled", reason: { kind: "first_cancelled" } });
    const ends = new RegExp(`was to go on from the task \`${first.taskId}\`, which was cancelled`);
    expect(await orch.progressComment(ends, { ...place, task: second.taskId })).toBeTruthy();
  });
});
