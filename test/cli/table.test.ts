import { expect, test } from "vitest";
import { table } from "../../cli/table.ts";

const rows = [
  ["t1", "running", "fix the failing tests"],
  ["t22", "no changes", "また失敗する"],
];

test("on a terminal columns stand below each other and a long row is cut to its width", () => {
  expect(table(["TASK", "STATE", "REQUEST"], rows, 30)).toEqual([
    "TASK  STATE       REQUEST",
    "t1    running     fix the fai…",
    "t22   no changes  また失敗する",
  ]);
});

test("letters that take two columns are counted as such", () => {
  expect(table(["TASK", "STATE", "REQUEST"], rows, 29)[2]).toBe("t22   no changes  また失敗す…");
  expect(
    table(
      ["A", "B"],
      [
        ["失", "x"],
        ["a", "y"],
      ],
      20,
    ),
  ).toEqual(["A   B", "失  x", "a   y"]);
});

test("elsewhere fields are whole, between tabs, without a heading", () => {
  expect(table(["TASK", "STATE", "REQUEST"], [["t1", "a\tb", "c"]])).toEqual(["t1\ta b\tc"]);
});
