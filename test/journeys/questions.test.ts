/** An agent asks: a person answers, and the same agent goes on in the same session. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { openQuestions } from "../../src/task/question.ts";
import { type Orch, startOrch } from "../support/orch.ts";

let orch: Orch;
beforeAll(async () => {
  orch = await startOrch({ agent: "asks", slots: 2 });
});
afterAll(() => orch.close());

test("a task waits without a slot for the answer, and goes on with it in the same session", async () => {
  const { taskId } = await orch.command("/orch write the file that is meant");
  const waits = await orch.task(taskId, ({ state }) => state.name === "waiting");
  const [question] = openQuestions(waits);
  expect(question?.text).toBe("Which file is meant, @octocat? See #1.");
  expect(waits.runs[0]).toMatchObject({ end: "parked", checkpoint: { kind: "objects", files: 1 } });
  await orch.store.advance(taskId, {
    name: "answered",
    question: question?.id ?? "",
    answer: { text: "the second", at: Date.now() },
    at: Date.now(),
  });
  await orch.store.dispatches.plan(taskId, Date.now());
  expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
  const done = await orch.store.read(taskId);
  expect(done?.runs.at(-1)).toMatchObject({
    end: "pull_request",
    progress: { sessionId: `s-${taskId}`, start: { how: "resumed", task: taskId } },
  });
});
