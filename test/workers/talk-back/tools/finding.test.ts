/** What the tool `finding` takes, notes down and says to a model. */
import { describe, expect, test } from "vitest";
import { REVIEW_LIMITS } from "../../../../src/task/review.ts";
import type { TaskSpec } from "../../../../src/task/task-spec.ts";
import type { RunRecord } from "../../../../workers/run/run-record.ts";
import type { TalkRun } from "../../../../workers/talk-back/tool.ts";
import { finding } from "../../../../workers/talk-back/tools/finding.ts";

const { signal } = new AbortController();
const said = { path: "src/add.js", line: 3, severity: "high", text: "It adds twice." };

function reviewing(spec: Partial<TaskSpec> = { review: { round: 0 } }) {
  const record: Pick<RunRecord, "findings"> = {};
  const saved: number[] = [];
  const run = { task: { spec }, folder: { record, save: () => saved.push(record.findings?.length ?? 0) } };
  const talk = { run } as unknown as TalkRun;
  return { record, saved, talk, hand: (input: object) => finding.call(talk, input, signal) };
}

describe("a finding", () => {
  test("is noted down, on disk first, and the same one again changes nothing", async () => {
    const agent = reviewing();
    expect(await agent.hand(said)).toBe("Noted down: 1 of at most 20.");
    expect(await agent.hand({ ...said, severity: "low" })).toBe("Noted down already: 1 of at most 20.");
    expect(await agent.hand({ ...said, line: 4 })).toBe("Noted down: 2 of at most 20.");
    expect(agent.record.findings).toEqual([said, { ...said, line: 4 }]);
    expect(agent.saved).toEqual([1, 2]);
  });

  test("is refused when there are enough", async () => {
    const agent = reviewing();
    for (let line = 1; line <= REVIEW_LIMITS.findings; line++) await agent.hand({ ...said, line });
    await expect(agent.hand({ ...said, line: 99 })).rejects.toThrow(/no more are taken/);
  });

  test("is for whoever reviews, and for nobody else", async () => {
    const [reviewer, writer] = [reviewing(), reviewing({})];
    expect([reviewer, writer].map(({ talk }) => finding.isFor?.(talk))).toEqual([true, false]);
    await expect(writer.hand(said)).rejects.toThrow(/Only whoever reviews/);
  });

  test.each([
    ["a path above the repository", { path: "../etc/passwd" }],
    ["a path of the machine", { path: "/etc/passwd" }],
    ["a path with a detour", { path: "./src/add.js" }],
    ["a folder", { path: "src/" }],
    ["two lines as a path", { path: "a\nb" }],
    ["a line that is none", { line: 0 }],
    ["half a line", { line: 1.5 }],
    ["a severity of its own", { severity: "catastrophic" }],
    ["nothing said", { text: " " }],
    ["too much said", { text: "x".repeat(REVIEW_LIMITS.text + 1) }],
    ["too long a suggestion", { suggestion: "x".repeat(REVIEW_LIMITS.suggestion + 1) }],
  ])("with %s is not taken", (_, wrong) => {
    expect(finding.input.safeParse(said).success).toBe(true);
    expect(finding.input.safeParse({ ...said, ...wrong }).success).toBe(false);
  });
});
