/** Several commands in one conversation: on a pull request they work on one branch, one after the other. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keys } from "../../src/task/keys.ts";
import { type Orch, type Place, startOrch } from "../support/orch.ts";

describe("two commands on one pull request", () => {
  let orch: Orch;
  beforeAll(async () => {
    orch = await startOrch({ agent: "waits", slots: 3 });
  });
  afterAll(() => orch.close());

  async function openPull(agent: string): Promise<Place> {
    const { repository } = await orch.place({ agent });
    await orch.simulator.commit(repository, "topic", { "note.txt": "x\n" }, "Add a note", "maintainer");
    const pull = { as: "maintainer", title: "Note", head: "topic", base: "main" };
    const { number } = await orch.simulator.openPull(repository, pull);
    return { repository, number };
  }

  test("the second waits for the first, says so, holds no slot, and goes on from where the first ended", async () => {
    const place = await openPull("waits");
    const first = await orch.command("/orch fix the tests", place);
    await orch.running(first.taskId, "working");
    const second = await orch.command("/orch now say it in the notes", place);
    await orch.task(second.taskId, ({ state }) => state.name === "waiting");
    const waits = new RegExp(`Waiting.*starts when task \`${first.taskId}\` is over`, "s");
    expect(await orch.progressComment(waits, { ...place, task: second.taskId })).toBeTruthy();
    expect(await orch.redis.zcard("bull:orch:prioritized")).toBe(0);
    await orch.letGo();
    expect(await orch.told(first.taskId)).toMatchObject({ kind: "pull_request", number: place.number });
    await orch.told(second.taskId);
    const [one, two] = await Promise.all([first, second].map(({ taskId }) => orch.store.read(taskId)));
    expect(two?.continues).toBe(first.taskId);
    const goesOn = new RegExp(`Goes on from task \`${first.taskId}\`, with a written hand-over`);
    expect(await orch.progressComment(goesOn, { ...place, task: second.taskId })).toBeTruthy();
    const ended = one?.runs.at(-1)?.endedAt ?? Number.POSITIVE_INFINITY;
    expect(two?.runs[0]?.startedAt).toBeGreaterThanOrEqual(ended);
    expect(await orch.redis.exists(keys.followers(first.taskId))).toBe(0);
    expect(await orch.store.dispatches.size()).toBe(0);
  });

  test("the first is cancelled: the second starts, and a third that waits for both does not overtake it", async () => {
    const place = await openPull("hangs");
    const ids: string[] = [];
    for (const text of ["one", "two", "three"]) {
      ids.push((await orch.command(`/orch ${text}`, place)).taskId);
      await orch.task(String(ids.at(-1)), ({ state }) => state.name !== "queued");
    }
    const [one = "", two = "", three = ""] = ids;
    const third = await orch.store.read(three);
    expect(third?.state).toMatchObject({ reasons: [{ task: one }, { task: two }] });
    await orch.running(one, "working");
    await orch.command(`/orch cancel ${one}`, place);
    await orch.running(two, "working");
    expect((await orch.store.read(three))?.state.name).toBe("waiting");
    await orch.command("/orch cancel", place);
    for (const id of [two, three]) expect(await orch.told(id)).toMatchObject({ kind: "cancelled" });
  });
});
