import { appendFileSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openAnswers } from "../../../workers/talk-back/answers.ts";
import { testFolder } from "./talking.ts";

test("the host's next life knows what was answered, and how", () => {
  const dir = testFolder();
  const before = openAnswers(dir);
  before.keep("b1 1", { text: "Passed on." });
  before.keep("b1 2", { text: "Too long", refused: true });
  const after = openAnswers(dir);
  expect(after.find("b1 1")).toEqual({ text: "Passed on." });
  expect(after.find("b1 2")).toEqual({ text: "Too long", refused: true });
  expect(after.find("b2 1")).toBeUndefined();
});

test("an answer that a crash cut off is lost alone", () => {
  const dir = testFolder();
  const path = join(dir, "talk-answers.jsonl");
  openAnswers(dir).keep("b 1", { text: "one" });
  appendFileSync(path, '\n{"key":"b 2","te');
  const next = openAnswers(dir);
  next.keep("b 3", { text: "three" });
  const last = openAnswers(dir);
  expect(["b 1", "b 2", "b 3"].map((key) => last.find(key)?.text)).toEqual(["one", undefined, "three"]);
});

test("the latest ones are kept, however many there were and however long they are, and the file stays small", () => {
  const dir = testFolder();
  const answers = openAnswers(dir);
  for (let id = 0; id < 3_000; id++) answers.keep(`b ${id}`, { text: `${id} ${"x".repeat(1_000)}` });
  for (let id = 0; id < 100; id++) answers.keep(`long ${id}`, { text: "y".repeat(40_000) });
  expect(statSync(join(dir, "talk-answers.jsonl")).size).toBeLessThan(600_000);
  const next = openAnswers(dir);
  expect(next.find("long 99")?.text).toHaveLength(40_000);
  expect([next.find("b 2999"), answers.find("b 2999")]).toEqual([undefined, undefined]);
});

test("a file of another making is no answer", () => {
  const dir = testFolder();
  writeFileSync(join(dir, "talk-answers.jsonl"), '[]\n{"key":1}\nnull\n{"key":"b 1","text":"one"}');
  const answers = openAnswers(dir);
  expect(answers.find("b 1")).toEqual({ text: "one" });
  answers.keep("b 2", { text: "two" });
  expect(readFileSync(join(dir, "talk-answers.jsonl"), "utf8")).toContain('"two"');
});
