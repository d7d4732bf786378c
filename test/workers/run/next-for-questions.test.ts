/** What an agent's questions make of the end of its turn, by what its run has asked. */
import { expect, test } from "vitest";
import type { Question } from "../../../src/task/question.ts";
import { nextForQuestions } from "../../../workers/run/next-for-questions.ts";
import type { Run, Shared } from "../../../workers/run/run.ts";
import { runningTask } from "../../report/sample-tasks.ts";

const open: Question = { id: "q1a2b3c", text: "Which?", epoch: 1, askedAt: 1 };
const answered: Question = { ...open, id: "q9f8e7d", answer: { text: "that", at: 2 } };

function next(questions: Question[], record: { asked?: string[]; answersTold?: string[] }, failures = 0) {
  const task = { ...runningTask("working"), questions };
  const operator = { limits: { answerHours: 24 }, onNoAnswer: "go_on" };
  let left = failures;
  const read = async () => {
    if (left-- > 0) throw new Error("Redis is away");
    return task;
  };
  const shared = { store: { read }, operator } as unknown as Shared;
  const { signal } = new AbortController();
  const log = { warn: () => undefined };
  const run = { task, folder: { record, save: () => undefined }, signal, log } as unknown as Run;
  return nextForQuestions(shared, run, {} as never);
}

test("a turn that ends without the answer to its question parks the run", async () => {
  expect(await next([open], { asked: [open.id] })).toMatchObject({
    kind: "park",
    reasons: [{ for: "answer", question: open.id, until: 1 + 24 * 3600_000 }],
  });
});

test("an answer that came meanwhile is told in another turn, once", async () => {
  const record: { asked: string[]; answersTold?: string[] } = { asked: [answered.id] };
  expect(await next([answered], record)).toMatchObject({ kind: "again", prompt: expect.stringContaining("that") });
  expect(await next([answered], record)).toBeUndefined();
});

test("what an agent asked that was lost before it is no question of this one: its work is not held up by it", async () => {
  expect(await next([open, answered], {})).toBeUndefined();
});

test("a Redis that is away at that moment is waited for", async () => {
  expect(await next([open], { asked: [open.id] }, 2)).toMatchObject({ kind: "park" });
});
