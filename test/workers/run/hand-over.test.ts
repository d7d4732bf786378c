import { describe, expect, test } from "vitest";
import type { Outcome } from "../../../src/task/outcome.ts";
import type { Task } from "../../../src/task/task.ts";
import { handOverOf, ownHandOver, readBefore, readEarlier } from "../../../workers/run/hand-over.ts";
import { outcomes, pushed, runningTask, settledTask } from "../../report/sample-tasks.ts";

describe("a task that was parked on a host that is gone", () => {
  const parkedRun = {
    ...{ number: 1, host: "h1", startedAt: 1, endedAt: 2, end: "parked" as const },
    progress: { agent: "a", lastLines: "I wait.", summary: "Half of it" },
  };
  const again = { number: 2, host: "h2", startedAt: 3, progress: {} };
  const questions = [
    { id: "q1", text: "Which?", epoch: 1, askedAt: 1, answer: { text: "the second", at: 2 } },
    { id: "q2", text: "Why?", epoch: 1, askedAt: 1 },
  ];
  const task = runningTask("preparing", { runs: [parkedRun, again], questions, epoch: 2 });
  const foundBefore = (epoch: number, found: Task) => {
    const run = { task: found, folder: { record: { epoch } } } as unknown as Parameters<typeof readBefore>[1];
    return readBefore({ store: { read: async () => found } } as unknown as Parameters<typeof readBefore>[0], run);
  };

  test("is handed over to itself, with its last words and what was answered", async () => {
    const own = ownHandOver(task);
    expect(own).toMatchObject({
      own: true,
      lastWords: "Half of it",
      ended: expect.stringMatching(/to wait for an answer/),
    });
    expect(own?.answers?.join()).toMatch(/> the second/);
    expect(own?.answers?.join()).not.toMatch(/Why/);
    expect(await foundBefore(2, task)).toMatchObject({ handOver: own, own: task, session: undefined });
    const limited = { ...task, runs: [{ ...parkedRun, end: "limited" as const }, again] };
    expect(ownHandOver(limited)?.ended).toMatch(/a limit of its model's service/);
  });

  test("begins from nothing, or from the task before it, where none of its runs was parked", async () => {
    expect(await foundBefore(1, task)).toBeUndefined();
    const lost = { ...task, runs: [{ ...parkedRun, end: "lost" as const }, again] };
    expect(await foundBefore(2, lost)).toBeUndefined();
    const continuing = { ...lost, continues: "tother" };
    expect(await foundBefore(2, continuing)).toMatchObject({ handOver: { ended: "It is not over." } });
  });
});

describe("the hand-over of a task", () => {
  test.each(Object.keys(outcomes) as Outcome["kind"][])("that ended with %s says what became of its work", (kind) => {
    const { ended, instruction, task } = handOverOf(settledTask(outcomes[kind]));
    expect([task, instruction]).toEqual(["tabcdefghijklmno", "fix the failing tests"]);
    expect(ended).toMatch(/^(It|Its|The) .{10,}/);
    expect(/nothing of it was published|changed nothing|could not be carried out/.test(ended)).toBe(
      !["pull_request", "merged", "reviewed"].includes(kind),
    );
  });

  test("says how much of its work is on the branch, and its last words", () => {
    const done = handOverOf(settledTask(outcomes.pull_request, { pushed }));
    expect(done.ended).toBe("2 commits by it are on the branch. Its work was published.");
    expect(done.lastWords).toBe("Reading test/sum.test.js\nThe sum is off by one.");
    expect(handOverOf(settledTask(outcomes.verify_failed)).lastWords).toBe("It should work now.");
  });

  test("has what its agent handed in in place of its last words, or else what it said last while it worked", () => {
    const finish = { title: "Add", summary: "The sign.", decisions: ["one"], interfaces: [], followUps: [] };
    const own = handOverOf(
      settledTask(outcomes.pull_request, { pushed, progress: { said: "at it", finish, summary: "S" } }),
    );
    expect(own).toMatchObject({ finish, lastWords: "" });
    expect(own.said).toBeUndefined();
    const cut = handOverOf(settledTask(outcomes.timed_out, { progress: { said: "half of it stands" } }));
    expect(cut.said).toBe("half of it stands");
  });

  test("comes with the session that its agent named; there is none where the record is in doubt", async () => {
    const store = {
      read: async (id: string): Promise<Task | undefined> => (id === "t1" ? runningTask("working") : undefined),
    };
    const shared = { store } as unknown as Parameters<typeof readEarlier>[0];
    expect(await readEarlier(shared, "t2")).toBeUndefined();
    expect(await readEarlier(shared, "t1")).toMatchObject({
      handOver: { ended: "It is not over." },
      session: { taskId: "t1", agent: "scripted", sessionId: "session-1" },
    });
  });
});
