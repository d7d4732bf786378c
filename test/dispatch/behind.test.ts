import { expect, test } from "vitest";
import { agentBehind, endsWith, ontoPullOf, standsBehind } from "../../src/dispatch/behind.ts";
import type { Outcome } from "../../src/task/outcome.ts";
import type { Task } from "../../src/task/task.ts";
import { makeSpec } from "../support/task-spec.ts";

const first: Task = {
  ...{ spec: makeSpec(), state: { name: "queued", since: 1 }, epoch: 0, version: 1, crashes: [], runs: [] },
  agent: "claude",
};
const spec = makeSpec({ commentId: 502, after: first.spec.id });
const pushed = { branch: "orch/1-a", sha: "c0", base: "release", files: 1, additions: 1, deletions: 0, commits: 1 };

const ended = (outcome: Outcome, more: Partial<Task> = {}): Task => ({
  ...first,
  ...more,
  state: { name: "settled", outcome, at: 2 },
});
const published = ended({ kind: "pull_request", number: 7, url: "u" }, { pushed });
const cancelled = ended({ kind: "cancelled", reason: { kind: "command", by: "octocat" } });
const nothing = ended({ kind: "no_changes", lastWords: "" });
const waits = [{ for: "task" as const, task: first.spec.id, behind: true, until: 9 }];

test("it goes on where the pull request of the one before it is, and nowhere else", () => {
  expect(ontoPullOf(spec, published)).toEqual({
    ...{ kind: "pull", number: 7, defaultBranch: "main" },
    ...{ headRef: "orch/1-a", headSha: "c0", baseRef: "release" },
  });
  for (const other of [undefined, first, nothing, cancelled, { ...published, pushed: undefined } as never])
    expect(ontoPullOf(spec, other)).toBeUndefined();
  expect(ontoPullOf(makeSpec(), published)).toBeUndefined();
});

test("once it was sent there it stands behind nobody any more", () => {
  expect([first, published, nothing, cancelled].map((each) => standsBehind(spec, each))).toEqual([
    true,
    true,
    false,
    false,
  ]);
  const there = { ...spec, target: ontoPullOf(spec, published) ?? spec.target };
  expect(standsBehind(there, published)).toBe(false);
  expect(standsBehind(spec, undefined)).toBe(false);
});

test("it ends with the one that it has waited for when that was cancelled, and for no other reason", () => {
  const reason = { kind: "first_cancelled", task: first.spec.id };
  expect(endsWith(spec, cancelled, waits)).toEqual({ kind: "cancelled", reason });
  expect(endsWith(spec, cancelled, [])).toBeUndefined();
  for (const other of [undefined, first, nothing, published]) expect(endsWith(spec, other, waits)).toBeUndefined();
});

test("its agent is that of the one before it, unless somebody has named one", () => {
  expect(agentBehind({ ...spec, agent: "gemini" }, first)).toBe("claude");
  expect(agentBehind({ ...spec, agent: "gemini", agentNamed: true }, first)).toBe("gemini");
  expect(agentBehind({ ...spec, agent: "gemini" }, undefined)).toBe("gemini");
});
