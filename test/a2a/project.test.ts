import { TaskState } from "@a2a-js/sdk";
import { describe, expect, test } from "vitest";
import { a2aTask, stateOf } from "../../a2a/project.ts";
import type { TaskAnswer } from "../../src/api/task-answer.ts";

const task = (changes: Partial<TaskAnswer>): TaskAnswer => ({
  ...{ id: "taaaaaaaaaaaaaaa", repository: "o/r", instruction: "x", askedAt: "", since: "", headline: "", says: [] },
  ...{ questions: [], messages: [], state: "running", over: false },
  ...changes,
});
const settled = (kind: string) => task({ state: "settled", over: true, outcome: { kind } });
const question = { id: "q1", text: "Which?", askedAt: "", open: true };

describe("a task in A2A's words", () => {
  test.each<[string, TaskAnswer, keyof typeof TaskState]>([
    ["not taken in yet", task({ state: "asked" }), "TASK_STATE_SUBMITTED"],
    ["queued", task({ state: "queued" }), "TASK_STATE_SUBMITTED"],
    ["queued once more", task({ state: "queued", use: { runs: 1 } }), "TASK_STATE_WORKING"],
    ["at work", task({}), "TASK_STATE_WORKING"],
    ["parked for a limit", task({ state: "waiting", use: { runs: 1 } }), "TASK_STATE_WORKING"],
    ["asking", task({ state: "waiting", questions: [question] }), "TASK_STATE_INPUT_REQUIRED"],
    ["asking while it works", task({ questions: [question] }), "TASK_STATE_INPUT_REQUIRED"],
    ["with a plan to be approved", task({ state: "waiting", proposal: "p1" }), "TASK_STATE_AUTH_REQUIRED"],
    ["refused", task({ state: "refused", over: true }), "TASK_STATE_REJECTED"],
    ["refused by a host", settled("refused"), "TASK_STATE_REJECTED"],
    ["with a pull request", settled("pull_request"), "TASK_STATE_COMPLETED"],
    ["without changes", settled("no_changes"), "TASK_STATE_COMPLETED"],
    ["cancelled", settled("cancelled"), "TASK_STATE_CANCELED"],
    ["failed in its check", settled("verify_failed"), "TASK_STATE_FAILED"],
    ["over its budget", settled("out_of_budget"), "TASK_STATE_FAILED"],
    ["over though it had asked", { ...settled("agent_failed"), questions: [question] }, "TASK_STATE_FAILED"],
  ])("%s is so", (_, given, state) => {
    expect(TaskState[stateOf(given)]).toBe(state);
  });

  test("says by its metadata how it failed, and by its status what the agent asks, with the choices", () => {
    expect(a2aTask(settled("timed_out"), undefined).metadata).toMatchObject({ outcome: "timed_out" });
    const asking = task({ says: ["It waits."], questions: [{ ...question, options: ["this", "that"] }] });
    const [part] = a2aTask(asking, "talk").status?.message?.parts ?? [];
    expect(part?.content).toEqual({ $case: "text", value: "Which?\n1. this\n2. that" });
  });

  test("has its pull request and its receipt for results, and the issue for its context where it was given none", () => {
    const pullRequest = { number: 7, url: "https://github.com/o/r/pull/7", sha: "a".repeat(40) };
    const done = { ...settled("pull_request"), issue: 3, pullRequest, use: { runs: 2 } };
    const { artifacts, contextId } = a2aTask(done, undefined);
    expect(artifacts.map(({ artifactId }) => artifactId)).toEqual(["pull_request", "receipt"]);
    expect([contextId, a2aTask(done, "talk").contextId]).toEqual(["o/r#3", "talk"]);
  });
});
