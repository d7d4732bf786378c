/** `/orch review`, on a pull request and elsewhere. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Task } from "../../src/task/task.ts";
import { type BotSetting, MAINTAINER, startBotSetting } from "../support/bot.ts";

let orch: BotSetting;
beforeAll(async () => {
  orch = await startBotSetting();
});
afterAll(() => orch.close());

/** Writes a comment, and gives the id of the task of its first line once it was taken in. */
async function say(number: number, body: string): Promise<{ id: string }> {
  const { id } = await orch.comment(number, body, MAINTAINER);
  await orch.quiet();
  return { id: orch.taskId(id) };
}

async function settle(id: string): Promise<void> {
  await orch.store.advance(id, { name: "cancel", reason: { kind: "command", by: MAINTAINER }, at: Date.now() });
}

const tasksOf = async (number: number): Promise<Task[]> =>
  await orch.store.readMany(await orch.store.idsOfIssue(orch.repository.id, number));

const lastReply = (number: number): string | undefined => orch.replies(number).at(-1);

describe("review", () => {
  let branches = 0;
  const openPull = async (): Promise<number> => {
    branches += 1;
    const head = `change-${branches}`;
    await orch.github.commit(orch.repository, head, { "change.txt": `${head}\n` }, "Change", MAINTAINER);
    const pull = { as: MAINTAINER, title: "Change", head, base: "main" };
    return (await orch.github.openPull(orch.repository, pull)).number;
  };

  test("of a pull request is a task of the reviewer's, who is told where to look", async () => {
    const number = await openPull();
    const { id } = await say(number, "/orch review the rounding\n\nMind the cents.");
    expect((await orch.store.read(id))?.spec).toMatchObject({
      ...{ role: "reviewer", review: { round: 0 }, instruction: "review the rounding", details: "Mind the cents." },
    });
  });

  test("done once more is a review from its beginning", async () => {
    const number = await openPull();
    await settle((await say(number, "/orch review")).id);
    const again = await say(number, "/orch retry");
    expect((await orch.store.read(again.id))?.spec).toMatchObject({
      ...{ role: "reviewer", review: { round: 0 }, instruction: "review" },
    });
  });

  test("on an issue is answered, and a request where more is said", async () => {
    const number = await orch.openIssue();
    await say(number, "/orch review");
    expect(lastReply(number)).toContain("An issue has no changes to review");
    expect(await tasksOf(number)).toEqual([]);
    const { id } = await say(number, "/orch review the docs for typos");
    const spec = (await orch.store.read(id))?.spec;
    expect(spec?.instruction).toBe("review the docs for typos");
    expect(spec?.role).toBeUndefined();
  });
});
