import { expect, test } from "vitest";
import { impliedAnswer } from "../../src/events/implied-answer.ts";
import type { Question } from "../../src/task/question.ts";
import type { TaskStore } from "../../src/task/store.ts";
import { waitingReasons, waitingTask } from "../report/sample-tasks.ts";

const text = "Which of the two files\nis meant, @octocat? See `lib/*.js` and #1.";
const chooses: Question = { id: "q1a2b3c", text, options: ["this", "that"], epoch: 1, askedAt: 1 };
const other: Question = { id: "q9f8e7d", text: "May I delete it?", epoch: 1, askedAt: 1 };

async function answerIn(body: string, ...questions: Question[]): Promise<string | undefined> {
  const task = { ...waitingTask(waitingReasons.answer), questions };
  const store = {
    idsOfConversation: async () => ["t"],
    readMany: async (ids: string[]) => (ids.length > 0 ? [task] : []),
  } as unknown as TaskStore;
  const found = await impliedAnswer(store, { repositoryId: 1, number: 7 }, body);
  if (found?.kind !== "answer") return undefined;
  return [found.words, ...(found.details === undefined ? [] : [found.details])].join("\n");
}

test.each([
  ["2", "q1a2b3c 2"],
  [" #1. ", "q1a2b3c 1"],
  ["> Which of the two files\n> is meant, @octocat? See `lib/*.js` and #1.\n\nthat one", "q1a2b3c that one"],
  [
    "> **The agent asks** (question `q1a2b3c`)\n> > Which of\n\nthat\n\nand nothing else",
    "q1a2b3c that\nand nothing else",
  ],
  ["> is meant, @octocat?\r\n\r\nthat", "q1a2b3c that"],
  ["> May I delete it?\nno", "q9f8e7d no"],
])("%j answers: %j", async (body, expected) => {
  const asked = /^\W*\d/.test(body) ? [chooses] : [chooses, other];
  expect(await answerIn(body, ...asked)).toBe(expected);
});

test.each([
  "3",
  "0",
  "12",
  "2 of them",
  "> is\n\nthat",
  "> something else that was said\n\nthat",
  "> Which of the two files",
  "that",
  "",
])("%j is a comment like any other", async (body) => {
  expect(await answerIn(body, chooses)).toBeUndefined();
});

test.each(["\u200b", "***", "a", "go?"])(
  "a question of hardly any text (%j) is not found in what others say",
  async (asked) => {
    const question = { ...other, text: asked };
    expect(
      await answerIn("> I think we should go? merge this on Friday\n\nNo, wait for Carol.", question),
    ).toBeUndefined();
    if (/\w/.test(asked)) expect(await answerIn(`> ${asked}\n\nyes`, question)).toBe("q9f8e7d yes");
  },
);

test("a number is no answer where several questions wait, or where the only one has none to choose from", async () => {
  expect(await answerIn("1", chooses, other)).toBeUndefined();
  expect(await answerIn("1", other)).toBeUndefined();
  expect(await answerIn("1", { ...chooses, answer: { text: "this", at: 1 } })).toBeUndefined();
});
