import { describe, expect, test } from "vitest";
import { MAX_BODY } from "../../src/command/visible-lines.ts";
import { cases } from "./cases.ts";
import { whatHappens } from "./tell.ts";

const all = Object.values(cases).flat();

describe.each(Object.entries(cases))("%s", (_what, rows) => {
  test.each(rows)("%j → %s", (comment, happens) => {
    expect(whatHappens(comment)).toBe(happens);
  });
});

test("there are hundreds of cases, none of them twice", () => {
  const comments = all.map(([comment]) => comment);
  expect(new Set(comments).size).toBe(comments.length);
  expect(comments.length).toBeGreaterThanOrEqual(300);
});

test.each([
  ["below a paragraph", (comment: string) => `Some words first.\n\n${comment}`],
  ["with Windows' line ends", (comment: string) => comment.replaceAll(/(?<!\r)\n/g, "\r\n")],
])("%s a comment means the same", (_how, placed) => {
  for (const [comment, happens] of all.filter(([each]) => !each.startsWith("\ufeff") && each.length < MAX_BODY))
    expect(whatHappens(placed(comment)), JSON.stringify(comment)).toBe(happens);
});
