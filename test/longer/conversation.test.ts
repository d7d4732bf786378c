/** Several commands in one conversation: on a pull request they work on one branch, one after the other. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keys } from "../../src/task/keys.ts";
import { runOrch } from "../cli/run-orch.ts";
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
    expect(await orch.redis.zcard("bull:orch-agent-waits:prioritized")).toBe(0);
    await orch.letGo();
    expect(await orch.told(first.taskId)).toMatchObject({ kind: "pull_request", number: place.number });
    await orch.told(second.taskId);
    const [one, two] = await Promise.all([first, second].map(({ taskId }) => orch.store.read(taskId)));
    expect(two?.continues).toBe(first.taskId);
    const goesOn = new RegExp(`Continues task \`${first.taskId}\` in a new session, with a written hand-over`);
    expect(await orch.progressComment(goesOn, { ...place, task: second.taskId })).toBeTruthy();
    const ended = one?.runs.at(-1)?.endedAt ?? Number.POSITIVE_INFINITY;
    expect(two?.runs[0]?.startedAt).toBeGreaterThanOrEqual(ended);
    expect(await orch.redis.exists(keys.followers(first.taskId))).toBe(0);
    expect(await orch.store.dispatches.size()).toBe(0);
  });

  test("the second goes on in the session of the first, and the comment says so", async () => {
    const place = await openPull("remembers");
    const first = await orch.command("/orch remember this", place);
    expect(await orch.told(first.taskId)).toMatchObject({ kind: "pull_request", number: place.number });
    const second = await orch.command("/orch what do you remember?", place);
    expect(await orch.told(second.taskId)).toMatchObject({ kind: "pull_request", number: place.number });
    const goesOn = new RegExp(`Resumed the session of task \`${first.taskId}\``);
    expect(await orch.progressComment(goesOn, { ...place, task: second.taskId })).toMatch(/I remember 2 tasks/);
    const runs = await Promise.all([first, second].map(async ({ taskId }) => (await orch.store.read(taskId))?.runs[0]));
    const home = (id: string) => ({ agent: "remembers", sessionId: `s-${first.taskId}`, home: `host/sessions/${id}` });
    expect(runs.map((run) => run?.progress)).toMatchObject([home(first.taskId), home(second.taskId)]);
    expect(runs[1]).toMatchObject({ end: "pull_request", progress: { start: { how: "resumed", task: first.taskId } } });
  });

  test("the worker host dies when the end is told and the session not kept yet: its next life keeps it", async () => {
    const place = await openPull("half-done");
    const first = await orch.command("/orch do all of this", place);
    expect(await orch.settled(first.taskId)).toMatchObject({ kind: "agent_failed" });
    await orch.host.kill();
    expect(orch.host.log()).not.toContain(`"session":"s-${first.taskId}"`);
    await orch.host.start();
    const second = await orch.command("/orch go on", place);
    expect(await orch.told(second.taskId)).toMatchObject({ kind: "pull_request", number: place.number });
    const [one, two] = await Promise.all([first, second].map(({ taskId }) => orch.store.read(taskId)));
    expect(two?.runs[0]?.progress.start).toEqual({ how: "resumed", task: first.taskId });
    // What the record says to be kept is kept, whatever the host died of.
    const folder = `host/workspaces/${first.taskId}`;
    expect(one?.runs[0]?.checkpoint).toMatchObject({ kind: "workspace", folder });
    expect(existsSync(join(orch.dir, "data", folder, "tree"))).toBe(true);
    const kept = new RegExp(`Its workspace is kept on the worker host .*\`orch why ${first.taskId}\``);
    expect(await orch.progressComment(kept, { ...place, task: first.taskId })).toBeTruthy();
    const { stdout } = await runOrch(["why", first.taskId], {
      cwd: orch.dir,
      env: { REDIS_URL: orch.redisServer.url },
    });
    expect(stdout).toContain(`\`${folder}\` below its data folder`);
  });

  test("a pull request that Orch opened goes on with the conversation that asked for it", async () => {
    const asked = await orch.place({ agent: "remembers" });
    const first = await orch.command("/orch remember this", asked);
    const outcome = await orch.told(first.taskId);
    const number = outcome.kind === "pull_request" ? outcome.number : 0;
    const second = await orch.command("/orch remember this as well", { ...asked, number });
    expect(await orch.told(second.taskId)).toMatchObject({ kind: "pull_request", number });
    expect(await orch.store.read(second.taskId)).toMatchObject({
      continues: first.taskId,
      spec: { conversation: asked.number },
    });
    const goesOn = new RegExp(`Resumed the session of task \`${first.taskId}\``);
    expect(await orch.progressComment(goesOn, { ...asked, number, task: second.taskId })).toBeTruthy();
  });

  test("why it waits is said in the same words in its comment, by `/orch status`, `orch why` and `orch status`", async () => {
    const place = await openPull("hangs");
    const first = await orch.command("/orch do the first thing", place);
    await orch.running(first.taskId, "working");
    const second = await orch.command("/orch do the second thing", place);
    await orch.task(second.taskId, ({ state }) => state.name === "waiting");
    const sentence = `It starts when task \`${first.taskId}\` is over: both work on this pull request's branch, one after the other.`;
    expect(await orch.progressComment(/Waiting/, { ...place, task: second.taskId })).toContain(sentence);
    await orch.command("/orch status", place);
    const reply = await orch.simulator.waitFor(
      () => orch.botComments(place).find(({ body }) => body.includes("**waiting for"))?.body,
    );
    expect(reply).toContain(sentence);
    expect(reply).toMatch(/\*\*working on .* for \d+s\*\*/);
    const ask = (...words: string[]) =>
      runOrch(words, { cwd: orch.dir, env: { REDIS_URL: orch.redisServer.url, ORCH_DATA: join(orch.dir, "data") } });
    for (const words of [["why", second.taskId], ["status"]])
      expect(await ask(...words)).toMatchObject({ code: 0, stdout: expect.stringContaining(sentence) });
    // Its own host says how long it may take, and beats for it some time.
    const beat = () => orch.redis.zscore(keys.heartbeats, `run:${first.taskId}`);
    await expect.poll(beat, { timeout: 20_000 }).not.toBeNull();
    const { stdout } = await ask("why", first.taskId, "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      state: "running",
      phase: "working",
      host: { alive: true },
      lastOutputAt: expect.any(Number),
      deadline: { at: expect.any(Number) },
    });
    await orch.command("/orch cancel", place);
    for (const { taskId } of [first, second]) expect(await orch.told(taskId)).toMatchObject({ kind: "cancelled" });
    expect((await ask("why", second.taskId)).stdout).toContain("`maintainer` cancelled the task.");
  });

  test("the first is cancelled: the second starts, and a third behind both does not overtake it", async () => {
    const place = await openPull("hangs");
    const ids: string[] = [];
    for (const text of ["first", "second", "third"]) {
      ids.push((await orch.command(`/orch do the ${text} thing`, place)).taskId);
      await orch.task(String(ids.at(-1)), ({ state }) => state.name !== "queued");
    }
    const [one = "", two = "", three = ""] = ids;
    const third = await orch.store.read(three);
    expect(third?.state).toMatchObject({ reasons: [{ task: two }] });
    await orch.running(one, "working");
    await orch.command(`/orch cancel ${one}`, place);
    await orch.running(two, "working");
    expect((await orch.store.read(three))?.state.name).toBe("waiting");
    await orch.command("/orch cancel", place);
    for (const id of [two, three]) expect(await orch.told(id)).toMatchObject({ kind: "cancelled" });
  });
});
