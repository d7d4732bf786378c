import { describe, expect, test } from "vitest";
import { labelOf } from "../../src/report/label.ts";
import { reactionOf } from "../../src/report/reaction.ts";
import { conclusionOf, viewOf } from "../../src/report/view.ts";
import type { Outcome } from "../../src/task/outcome.ts";
import { PHASES } from "../../src/task/task.ts";
import {
  around,
  outcomes,
  PULL_TARGET,
  progress,
  pushed,
  queuedTask,
  runningTask,
  settledTask,
} from "./sample-tasks.ts";

const onPull = queuedTask({ target: PULL_TARGET }).spec;
const kinds = Object.keys(outcomes) as Outcome["kind"][];

describe("the view", () => {
  test("concludes every outcome", () => {
    expect(Object.fromEntries(kinds.map((kind) => [kind, conclusionOf(outcomes[kind])]))).toMatchInlineSnapshot(`
      {
        "agent_failed": "failure",
        "cancelled": "cancelled",
        "host_error": "failure",
        "merged": "success",
        "no_changes": "neutral",
        "out_of_budget": "failure",
        "over_limit": "failure",
        "pull_request": "success",
        "refused": "neutral",
        "reviewed": "neutral",
        "stalled": "failure",
        "timed_out": "timed_out",
        "verify_failed": "failure",
      }
    `);
  });

  test("has no check run for an issue before its work is pushed", () => {
    expect(viewOf(runningTask("publishing", { pushed }), around).checks).toEqual([]);
    expect(viewOf(settledTask(outcomes.refused), around).checks).toEqual([]);
    const done = viewOf(settledTask(outcomes.pull_request, { pushed }), around);
    expect(done.checks).toMatchObject([{ sha: pushed.sha, state: { status: "completed", conclusion: "success" } }]);
  });

  test("has a check run on the pull request's commit from the start, and at the end on the new one too", () => {
    const statuses = [queuedTask(), runningTask("working")].map((task) =>
      viewOf({ ...task, spec: onPull }, around).checks.map(({ sha, state }) => [sha.slice(0, 2), state.status]),
    );
    expect(statuses).toEqual([[["aa", "queued"]], [["aa", "in_progress"]]]);
    const done = { ...settledTask(outcomes.pull_request, { pushed }), spec: onPull };
    expect(viewOf(done, around).checks.map(({ sha }) => sha.slice(0, 2))).toEqual(["aa", "bb"]);
  });

  test("changes its hash with what the agent says, but not with passing time", () => {
    const task = runningTask("working");
    const now = viewOf(task, around);
    const later = viewOf(task, { ...around, now: around.now + 60_000 });
    const more = viewOf(runningTask("working", { progress: { ...progress, lastLines: "more" } }), around);
    expect(later.comment).not.toBe(now.comment);
    expect(later.commentHash).toBe(now.commentHash);
    expect(more.commentHash).not.toBe(now.commentHash);
    expect([more.turn, more.phase]).toEqual([now.turn, now.phase]);
    expect(more.words).not.toBe(now.words);
    expect(later.checks).toEqual(now.checks);
  });

  test("has a state of its own for every phase, every end, and a cancellation under way", () => {
    const cancel = { kind: "command" as const, by: "maintainer" };
    const tasks = [
      queuedTask(),
      ...PHASES.map((phase) => runningTask(phase)),
      runningTask("working", { cancel }),
      runningTask("preparing", { progress: { heldUpSince: around.now } }),
      ...kinds.map((kind) => settledTask(outcomes[kind])),
    ];
    const places = tasks.map((task) => viewOf(task, around)).map(({ turn, phase }) => `${turn}/${phase}`);
    expect(new Set(places).size).toBe(tasks.length);
  });

  test("tells in a running check run only what changes with the phase", () => {
    const task = { ...runningTask("working"), spec: onPull };
    const more = { ...task, progress: { ...progress, lastLines: "more", inputTokens: 99_999 } };
    expect(viewOf(more, around).checks).toEqual(viewOf(task, around).checks);
  });
});

describe("the reaction", () => {
  test("is eyes until the end, then joy or confusion", () => {
    for (const task of [queuedTask(), ...PHASES.map((phase) => runningTask(phase))])
      expect(reactionOf([task])).toBe("eyes");
    for (const kind of kinds) {
      expect(reactionOf([settledTask(outcomes[kind])])).toBe(
        ["pull_request", "reviewed"].includes(kind) ? "hooray" : "confused",
      );
    }
  });

  test("to several commands in one comment is the least happy of them", () => {
    const done = settledTask(outcomes.pull_request);
    expect(reactionOf([done, queuedTask()])).toBe("eyes");
    expect(reactionOf([done, settledTask(outcomes.refused)])).toBe("confused");
    expect(reactionOf([done, done])).toBe("hooray");
    expect(reactionOf([])).toBeUndefined();
  });
});

describe("the label", () => {
  test("is running while any task of the issue is open", () => {
    expect(labelOf([settledTask(outcomes.pull_request), queuedTask()])).toBe("orch:running");
    expect(labelOf([runningTask("working"), settledTask(outcomes.pull_request)])).toBe("orch:running");
  });

  test("is the newest task's end afterwards", () => {
    expect(labelOf([settledTask(outcomes.refused), settledTask(outcomes.pull_request)])).toBe("orch:done");
    expect(labelOf([settledTask(outcomes.pull_request), settledTask(outcomes.refused)])).toBe("orch:failed");
    expect(labelOf([])).toBeUndefined();
  });
});
