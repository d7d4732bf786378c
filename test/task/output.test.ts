import { expect, test } from "vitest";
import { answerText, parseAnswer, parseAsk, parseChunk, parsePosition, positionText } from "../../src/task/output.ts";

const chunk = { host: "h1", epoch: 1, claim: "c", step: "agent-1", from: 0, to: 3, text: "ab\n" };
const piece = {
  steps: [{ name: "agent-1", size: 9 }],
  step: "agent-1",
  from: 0,
  to: 9,
  text: 'one "two"\n\u001b[1mx\n',
};
const ask = { id: "0".repeat(32), task: "taaaaaaaaaaaaaaa", run: 1, bytes: 100 };

test("a place is written and read", () => {
  const position = { run: 2, step: "verify-1-hidden", offset: 12_345 };
  expect(parsePosition(positionText(position))).toEqual(position);
});

test.each(["", "1", "1:agent-1", "1:agent-1:x", "1:agent-1:-1", "0:agent-1:1", "1:../../x:1", "1:agent-1:1e99"])(
  "%j is no place",
  (text) => {
    expect(parsePosition(text)).toBeUndefined();
  },
);

test("an answer is written and read, and what is hostile in it is gone", () => {
  expect(parseAnswer(answerText(piece))).toEqual(piece);
  expect(parseAnswer(answerText("gone"))).toBe("gone");
  expect(parseAnswer(answerText({ ...piece, text: "a\u001b[2Jb" }))).toMatchObject({ text: "ab" });
});

test("what a host publishes is made harmless, and what is none of it is nothing", () => {
  expect(parseChunk(JSON.stringify(chunk))).toEqual(chunk);
  expect(parseChunk(JSON.stringify({ ...chunk, text: "\u001b]0;t\u0007\u202ex" }))).toMatchObject({ text: "x" });
  expect(parseChunk("{")).toBeUndefined();
  expect(parseChunk(JSON.stringify({ ...chunk, step: "../x" }))).toBeUndefined();
  expect(parseChunk(JSON.stringify({ ...chunk, text: "x".repeat(300_000) }))).toBeUndefined();
  expect(parseAnswer(`{"steps":[]}\nx`)).toBeUndefined();
});

test.each([
  { ...ask, task: "../../etc" },
  { ...ask, step: "../agent-1" },
  { ...ask, step: "agent-1/../../x" },
  { ...ask, id: "x" },
  { ...ask, from: -1 },
  { ...ask, bytes: 10_000_000 },
  { ...ask, run: 1.5 },
])("a host answers nothing to %j", (bad) => {
  expect(parseAsk(JSON.stringify(ask))).toEqual(ask);
  expect(parseAsk(JSON.stringify(bad))).toBeUndefined();
});
