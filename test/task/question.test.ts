import { describe, expect, test } from "vitest";
import { nextTask } from "../../src/task/next-state.ts";
import {
  isOpen,
  MAX_OPEN_QUESTIONS,
  MAX_QUESTIONS,
  openQuestions,
  type Question,
  questionId,
  questionNamed,
} from "../../src/task/question.ts";
import type { Task } from "../../src/task/task.ts";
import { runningTask, waitingReasons, waitingTask } from "../report/sample-tasks.ts";
import { LANE } from "../support/task-spec.ts";

const at = 5_000;
const question = (id: string, changes: Partial<Question> = {}): Question => ({
  ...{ id, text: `${id}?`, epoch: 1, askedAt: 1 },
  ...changes,
});
const answer = { text: "yes", at };
const ask = (task: Task, id: string) => nextTask(task, { name: "asked", epoch: 1, question: question(id), at });

describe("the questions of a task", () => {
  test("are few at a time and few altogether, and the same one is asked once", () => {
    let task = runningTask("working");
    for (let count = 0; count < MAX_QUESTIONS; count++) {
      const asked = ask(task, `q${count}`) as Task;
      expect(ask(asked, `q${count}`)).toBeUndefined();
      task = nextTask(asked, { name: "answered", question: `q${count}`, answer, at }) as Task;
    }
    expect(ask(task, "q-more")).toBeUndefined();
    const open = runningTask("working", { questions: [question("qa"), question("qb")] });
    expect(openQuestions(open)).toHaveLength(MAX_OPEN_QUESTIONS);
    expect(ask(open, "qc")).toBeUndefined();
    expect(nextTask(runningTask("working"), { name: "asked", epoch: 2, question: question("q1"), at })).toBeUndefined();
  });

  test("are answered once: the first answer counts, whoever runs the task by then", () => {
    const task = waitingTask(waitingReasons.answer);
    const asked = { ...task, questions: [question("q1")] };
    const once = nextTask(asked, { name: "answered", question: "q1", answer, at }) as Task;
    expect(once.questions).toEqual([question("q1", { answer })]);
    expect(once.state).toEqual(task.state);
    expect(nextTask(once, { name: "answered", question: "q1", answer: { text: "no", at }, at })).toBeUndefined();
    expect(nextTask(asked, { name: "answered", question: "q2", answer, at })).toBeUndefined();
  });

  test("that are waited for no longer are over, and an answer comes too late", () => {
    const waits: Task = {
      ...waitingTask({ ...waitingReasons.answer, question: "q1" }),
      questions: [question("q1"), question("q2")],
    };
    const { version } = waits;
    const ready = nextTask(waits, { name: "ready", version, lane: LANE, at }) as Task;
    expect(ready.questions).toEqual([question("q1", { over: "deadline" }), question("q2")]);
    expect(nextTask(ready, { name: "answered", question: "q1", answer, at })).toBeUndefined();
    const other = nextTask(waits, { name: "waits", version, reasons: [waitingReasons.agent], at }) as Task;
    expect(other.questions?.map(isOpen)).toEqual([false, true]);
    const still = nextTask(waits, {
      name: "waits",
      version,
      reasons: [{ ...waitingReasons.answer, question: "q1" }],
      at,
    });
    expect(still?.questions?.map(isOpen)).toEqual([true, true]);
  });

  test("have a name that is their own in a task, and short enough to be typed", () => {
    expect(questionId("t1", "Why?")).toMatch(/^q[0-9a-f]{6}$/);
    expect(questionId("t1", "Why?")).toBe(questionId("t1", "Why?"));
    expect(questionId("t1", "Why?")).not.toBe(questionId("t2", "Why?"));
    const named = ["q1a2b3c yes", "`q1a2b3c`: yes", "Q1A2B3C", "quit", "q1a2b3cd yes", "the q1a2b3c"].map(
      questionNamed,
    );
    expect(named).toEqual(["q1a2b3c", "q1a2b3c", "q1a2b3c", undefined, undefined, undefined]);
  });
});
