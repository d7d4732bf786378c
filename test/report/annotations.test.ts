import { describe, expect, test } from "vitest";
import { annotationsOf } from "../../src/report/annotations.ts";
import type { Outcome } from "../../src/task/outcome.ts";
import { queuedTask } from "./sample-tasks.ts";

const ended = (outcome: Outcome) => annotationsOf({ ...queuedTask(), state: { name: "settled", outcome, at: 1 } });
const said = (lastWords: string) => ended({ kind: "no_changes", lastWords });

describe("a place that the agent names", () => {
  test("is shown at its line, with what was said of it", () => {
    expect(said("I left it.\nsrc/sum.ts:12: the sign is wrong")).toEqual([
      { path: "src/sum.ts", line: 12, level: "notice", message: "src/sum.ts:12: the sign is wrong" },
    ]);
  });

  test.each([
    ["in a sentence", "See `lib/a-b_c.test.js:7`, please.", "lib/a-b_c.test.js:7"],
    ["with a column", "at parse (src/parser.ts:120:11)", "src/parser.ts:120"],
    ["from the current folder", "./src/parser.ts:3", "src/parser.ts:3"],
    ["twice, once", "a.ts:1 and a.ts:1", "a.ts:1"],
    ["in several files", "a.ts:1, b.ts:2", "a.ts:1 b.ts:2"],
  ])("%s", (_, text, places) => {
    expect(
      said(text)
        .map(({ path, line }) => `${path}:${line}`)
        .join(" "),
    ).toBe(places);
  });

  test.each([
    ["a URL", "https://example.com/a.ts:443/x and http://localhost.local:3000"],
    ["a path of the machine", "/workspace/src/sum.ts:12"],
    ["a path out of the repository", "../secrets.env:1 a/../b.ts:2"],
    ["a dependency", "node_modules/left-pad/index.js:4"],
    ["line 0", "a.ts:0"],
    ["a time", "at 12:30"],
    ["a version", "node:22.18"],
  ])("not %s", (_, text) => {
    expect(said(text)).toEqual([]);
  });
});

test("what a failed check printed counts more than what the agent said, and twenty places are enough", () => {
  const verification = { command: "npm test", exitCode: 1, rounds: 2, outputTail: "sum.test.ts:4 expected 2" };
  const lastWords = Array.from({ length: 40 }, (_, index) => `src/x.ts:${index + 1}`).join("\n");
  const all = ended({ kind: "verify_failed", verification, lastWords });
  expect(all).toHaveLength(20);
  expect(all[0]).toMatchObject({ path: "sum.test.ts", line: 4, level: "failure" });
});

test("a secret in what is said is not shown", () => {
  const [annotation] = said(`src/a.ts:1 uses ghp_${"a".repeat(36)}`);
  expect(annotation?.message).not.toContain("ghp_");
});

test("hostile text costs no time", () => {
  for (const part of ["a/", "a.", "a.b:", "./", "a".repeat(100)]) expect(() => said(part.repeat(20_000))).not.toThrow();
});
