/** An agent asks: a person answers on GitHub, and the same agent goes on in the same session. Two bots look after it. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openQuestions } from "../../src/task/question.ts";
import { runOrch } from "../cli/run-orch.ts";
import { type Orch, type Place, type Repository, startOrch } from "../support/orch.ts";

const CALLS = /the agent of task `t\w+` asks you \(question `q[0-9a-f]{6}`\)/;

/** What the agent has written on its branch. */
async function choiceOf(
  { store, simulator }: Orch,
  repository: Repository,
  taskId: string,
): Promise<string | undefined> {
  const { pushed } = (await store.read(taskId)) ?? {};
  return pushed && simulator.state.fileAt(repository, pushed.branch, "choice.txt");
}

describe("an agent asks", () => {
  let orch: Orch;
  beforeAll(async () => {
    orch = await startOrch({ agent: "asks", slots: 2, bots: 2 });
  });
  afterAll(() => orch.close());

  const parked = (taskId: string) => orch.task(taskId, ({ state }) => state.name === "waiting");
  const chosen = ({ repository }: Place, taskId: string) => choiceOf(orch, repository, taskId);
  const calls = (place: Place) => orch.botComments(place).filter(({ body }) => CALLS.test(body));
  const call = (place: Place) => orch.simulator.waitFor(() => calls(place)[0], 60_000);

  /** Asked for, and parked with a question. */
  async function asking(): Promise<{ place: Place; taskId: string; question: string }> {
    const place = await orch.place({ agent: "asks" });
    const { taskId } = await orch.command("/orch write the file that is meant", place);
    const task = await parked(taskId);
    await call(place);
    return { place, taskId, question: openQuestions(task)[0]?.id ?? "" };
  }

  async function inSameSession(taskId: string): Promise<void> {
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    const done = await orch.store.read(taskId);
    expect(done?.runs.map(({ end }) => end)).toEqual(["parked", "pull_request"]);
    expect(done?.runs.at(-1)?.progress).toMatchObject({
      sessionId: `s-${taskId}`,
      start: { how: "resumed", task: taskId },
    });
    expect(done?.crashes).toEqual([]);
  }

  test("the comment shows the question, `/orch answer 2` chooses, and the same session goes on to one pull request", async () => {
    const { place, taskId, question } = await asking();
    const shown = await orch.progressComment(/Waiting.*The agent asks.*1\. the first.*2\. /s, {
      ...place,
      task: taskId,
    });
    const called = await call(place);
    for (const body of [shown, called.body]) {
      expect(body).not.toMatch(/@octocat\b(?![^<]*<\/code>)/);
      expect(body).not.toMatch(/(?<!&)#1\b(?![^<]*<\/code>)/);
      expect(body).not.toMatch(/^[\s>]*\/orch/m);
    }
    expect(called.body).toContain("@maintainer");
    expect(shown).not.toContain("@maintainer,");
    const waits = await orch.store.read(taskId);
    expect(waits?.runs[0]).toMatchObject({ end: "parked", checkpoint: { kind: "objects", files: 1 } });
    const { stdout } = await runOrch(["status"], { cwd: orch.dir, env: { REDIS_URL: orch.redisServer.url } });
    expect(stdout).toContain(`/orch answer ${question}`);

    const { commentId } = await orch.command("/orch answer 2", place);
    await inSameSession(taskId);
    expect(await chosen(place, taskId)).toBe("/orch cancel\n");
    const { questions = [], runs = [] } = (await orch.store.read(taskId)) ?? {};
    expect((runs[1]?.startedAt ?? 0) - (questions[0]?.answer?.at ?? 0)).toBeLessThan(5_000);
    expect(questions).toEqual([
      expect.objectContaining({ answer: expect.objectContaining({ text: "/orch cancel", by: expect.anything() }) }),
    ]);
    expect(orch.simulator.state.reactions(place.repository, commentId).map(({ content }) => content)).toEqual(["eyes"]);
    expect(calls(place)).toHaveLength(1);
    expect(orch.asked(place).pulls).toBe(1);

    await orch.command("/orch answer the first", place);
    const late = await orch.simulator.waitFor(
      () => orch.botComments(place).find(({ body }) => /has been answered already: `maintainer` wrote/.test(body)),
      60_000,
    );
    expect(late.body).not.toMatch(/^[\s>]*\/orch/m);
  });

  test("a reply that quotes the question answers it, by whoever may; a stranger is heard by nobody", async () => {
    const { place, taskId } = await asking();
    orch.simulator.createUser("stranger");
    const quote = "> Which file is meant, `@octocat`? See #1.\n\n";
    await orch.command(`${quote}none of them`, { ...place, as: "stranger" });
    await orch.command("/orch answer none", { ...place, as: "stranger" });
    await orch.simulator.waitFor(
      () => orch.botComments(place).find(({ body }) => body.startsWith("@stranger, I only take requests")),
      60_000,
    );
    expect((await orch.store.read(taskId))?.state.name).toBe("waiting");
    await orch.command(`${quote}the third one`, place);
    await inSameSession(taskId);
    expect(await chosen(place, taskId)).toBe("the third one\n");
  });

  test("a comment that is the number of an option answers, and nothing else that is said nearby", async () => {
    const { place, taskId } = await asking();
    await orch.command("7", place);
    await orch.command("I would take 1, I think", place);
    await orch.command("1", place);
    await inSameSession(taskId);
    expect(await chosen(place, taskId)).toBe("the first, by @octocat\n");
  });

  test("cancelled while it waits, it ends at once, and what its agent had made is kept", async () => {
    const { place, taskId } = await asking();
    await orch.command("/orch cancel", place);
    expect(await orch.told(taskId)).toMatchObject({ kind: "cancelled" });
    expect((await orch.store.read(taskId))?.runs.at(-1)?.checkpoint).toMatchObject({ kind: "objects", files: 1 });
    await orch.command("/orch answer 1", place);
    await orch.simulator.waitFor(
      () => orch.botComments(place).find(({ body }) => /which asked that, is over/.test(body)),
      60_000,
    );
  });

  test("the host is killed while the agent asks: it is asked once, and the answer reaches it once", async () => {
    const place = await orch.place({ agent: "asks" });
    const { taskId } = await orch.command("/orch ask patiently", place);
    await orch.task(taskId, (task) => openQuestions(task).length === 1);
    await orch.host.kill();
    await orch.host.start();
    await orch.host.logged(/run taken up again/);
    await call(place);
    await orch.command("/orch answer 1", place);
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    expect(await chosen(place, taskId)).toBe("the first, by @octocat\n");
    const done = await orch.store.read(taskId);
    expect(done?.runs).toHaveLength(1);
    expect(done?.questions).toHaveLength(1);
    expect(calls(place)).toHaveLength(1);
  });

  test("restarted while a task waits, the host goes on with it all the same", async () => {
    const { place, taskId } = await asking();
    await orch.host.kill();
    await orch.host.start();
    await orch.command("/orch answer the last", place);
    await inSameSession(taskId);
    expect(await chosen(place, taskId)).toBe("the last\n");
  });

  test("where its host is gone, it begins anew on another one, with what was asked and answered", async () => {
    const { place, taskId } = await asking();
    const other = await orch.anotherHost();
    await orch.host.stop();
    await orch.command("/orch answer the last", place);
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    expect(await chosen(place, taskId)).toBe("the last\n");
    const done = await orch.store.read(taskId);
    expect(done?.runs.at(-1)?.progress.start).toEqual({ how: "handed over", task: taskId });
    await orch.progressComment(/Began anew on another worker host/, { ...place, task: taskId });
    expect(other.isRunning()).toBe(true);
    await orch.host.start();
  });
});

describe("nobody answers in time", () => {
  let orch: Orch;
  afterAll(() => orch.close());
  const limits = { answerHours: 0.002 };

  test("the agent is told so and decides by itself, or the task ends, as the operator wishes", async () => {
    orch = await startOrch({ agent: "asks", limits });
    const { taskId } = await orch.command("/orch write the file that is meant");
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    expect(await choiceOf(orch, orch.repository, taskId)).toBe("nothing\n");
    expect((await orch.store.read(taskId))?.questions?.[0]).toMatchObject({ over: "deadline" });
    await orch.command("/orch answer 1");
    await orch.simulator.waitFor(
      () => orch.botComments().find(({ body }) => /Nobody answered question `q\w+` in time/.test(body)),
      60_000,
    );
    await orch.close();

    orch = await startOrch({ agent: "asks", limits, onNoAnswer: "end" });
    const ends = await orch.command("/orch write the file that is meant");
    expect(await orch.told(ends.taskId)).toMatchObject({ kind: "timed_out", deadline: "waiting" });
    await orch.progressComment(/Nobody answered its agent's question `q\w+` within/, { task: ends.taskId });
    expect((await orch.store.read(ends.taskId))?.runs.at(-1)?.checkpoint).toMatchObject({ kind: "objects" });
  });
});
