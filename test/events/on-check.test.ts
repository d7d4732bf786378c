/** Who wants a check of ours to run again, or presses its button, asks as with a comment. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keys } from "../../src/task/keys.ts";
import { type BotSetting, MAINTAINER, STRANGER, startBotSetting } from "../support/bot.ts";
import { claimedBy } from "../support/task-spec.ts";

let orch: BotSetting;
let branches = 0;
beforeAll(async () => {
  orch = await startBotSetting();
});
afterAll(() => orch.close());

/** A task on a pull request, with its check run on the head. */
async function asked() {
  branches += 1;
  const head = `topic-${branches}`;
  const sha = await orch.github.commit(orch.repository, head, { "a.txt": `${head}\n` }, "Add", MAINTAINER);
  const pull = await orch.github.openPull(orch.repository, { as: MAINTAINER, title: "A", head, base: "main" });
  const { id: commentId } = await orch.comment(pull.number, "/orch add tests\n\nAll of them.");
  await orch.quiet();
  const id = orch.taskId(commentId);
  await orch.github.waitFor(() => checksOn(sha).length === 1);
  return { id, sha, number: pull.number };
}

const checksOn = (sha: string) => orch.github.state.checkRuns(orch.repository, sha);
const buttonsOn = (sha: string) => checksOn(sha).flatMap(({ actions }) => actions?.map(({ identifier }) => identifier));

async function end(id: string, outcome: "no_changes" | "cancelled" = "no_changes") {
  await orch.store.advance(id, claimedBy("h0000000"));
  const epoch = (await orch.store.read(id))?.epoch ?? 0;
  const end =
    outcome === "no_changes"
      ? { kind: outcome, lastWords: "" }
      : { kind: outcome, reason: { kind: "command" as const, by: "x" } };
  await orch.store.advance(id, { name: "ended", epoch, outcome: end, at: Date.now() });
}

const tasksOn = async (number: number) => {
  await orch.quiet();
  return await orch.store.readMany(await orch.store.idsOfIssue(orch.repository.id, number));
};

describe("a check of a task that is over", () => {
  test("has a button, and whoever asks for it again has the same done again", async () => {
    const { id, sha, number } = await asked();
    await end(id);
    await orch.github.waitFor(() => checksOn(sha)[0]?.status === "completed");
    expect(buttonsOn(sha)).toEqual(["retry"]);
    await orch.github.rerequestCheck(orch.repository, checksOn(sha)[0]?.id ?? 0, { as: MAINTAINER });
    const [, again] = await tasksOn(number);
    expect(again?.spec).toMatchObject({
      instruction: "add tests",
      details: "All of them.",
      actor: { login: MAINTAINER },
    });
    expect(again?.state.name).not.toBe("settled");
  });

  test("is done again by its button, once, however often the delivery comes", async () => {
    const { id, sha, number } = await asked();
    await end(id);
    await orch.github.waitFor(() => buttonsOn(sha)[0] === "retry");
    await orch.github.pressButton(orch.repository, checksOn(sha)[0]?.id ?? 0, "retry", { as: MAINTAINER });
    expect(await tasksOn(number)).toHaveLength(2);
    const delivery = orch.github.deliveries().findLast(({ event }) => event === "check_run");
    await orch.github.redeliver(delivery?.id ?? 0);
    expect(await tasksOn(number)).toHaveLength(2);
  });

  test("is done again with all checks of the commit", async () => {
    const { id, sha, number } = await asked();
    await end(id);
    await orch.github.waitFor(() => buttonsOn(sha)[0] === "retry");
    await orch.github.rerequestSuite(orch.repository, sha, { as: MAINTAINER });
    expect(await tasksOn(number)).toHaveLength(2);
  });

  test("is not done again for a stranger, who is told so", async () => {
    const { id, sha, number } = await asked();
    await end(id);
    await orch.github.waitFor(() => buttonsOn(sha)[0] === "retry");
    await orch.github.pressButton(orch.repository, checksOn(sha)[0]?.id ?? 0, "retry", { as: STRANGER });
    expect(await tasksOn(number)).toHaveLength(1);
    expect(orch.replies(number)).toEqual([expect.stringContaining("write permission")]);
  });
});

test("a suite that a stranger asks to run again concludes all the same", async () => {
  const { id, sha } = await asked();
  await end(id);
  await orch.github.waitFor(() => buttonsOn(sha)[0] === "retry");
  const suite = () =>
    orch.github.state.checkSuites(orch.repository, sha).map(({ status, conclusion }) => ({ status, conclusion }));
  expect(suite()).toEqual([{ status: "completed", conclusion: "neutral" }]);
  await orch.github.rerequestSuite(orch.repository, sha, { as: STRANGER });
  expect(suite()).toMatchObject([{ status: "queued" }]);
  await orch.github.waitFor(() => suite()[0]?.status === "completed");
});

describe("a check of a task that is not over", () => {
  test("has a button that cancels it", async () => {
    const { sha, number } = await asked();
    expect(buttonsOn(sha)).toEqual(["cancel"]);
    await orch.github.pressButton(orch.repository, checksOn(sha)[0]?.id ?? 0, "cancel", { as: MAINTAINER });
    const [task] = await tasksOn(number);
    expect(task?.state).toMatchObject({ outcome: { kind: "cancelled", reason: { by: MAINTAINER } } });
  });

  test("is not begun a second time: whoever asks for it again is told that it is under way", async () => {
    const { sha, number } = await asked();
    await orch.github.rerequestSuite(orch.repository, sha, { as: MAINTAINER });
    expect(await tasksOn(number)).toHaveLength(1);
    expect(orch.replies(number).join()).toMatch(/not over|still/);
  });
});

test("a check of a task that is forgotten starts nothing", async () => {
  const { id, sha, number } = await asked();
  await end(id);
  await orch.github.waitFor(() => buttonsOn(sha)[0] === "retry");
  await orch.redis.del(keys.task(id));
  await orch.github.pressButton(orch.repository, checksOn(sha)[0]?.id ?? 0, "retry", { as: MAINTAINER });
  expect(await tasksOn(number)).toHaveLength(0);
});
