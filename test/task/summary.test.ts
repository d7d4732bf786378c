import { expect, test } from "vitest";
import { readSummary } from "../../src/task/summary.ts";

test.each([
  ["Start the sum at zero\n\nIt started at one.", "Start the sum at zero", "It started at one."],
  ["**Start the sum at zero.**\nIt started at one.", "Start the sum at zero", "It started at one."],
  ["# Title: Start the sum at zero", "Start the sum at zero", ""],
])("the first line of %j is a title", (said, title, text) => {
  expect(readSummary(said)).toEqual({ title, text });
});

test.each([
  "Done.",
  "I fixed the failing tests.\n\nThe sum started at one.",
  "All tests pass now",
  "Here is what I did:\n- repaired the sum",
  `The sum started at one ${"and so on ".repeat(20)}`,
  "```\ncode\n```",
  "",
])("%j has none, and is left whole", (said) => {
  expect(readSummary(said)).toEqual({ text: said.trim() });
});
