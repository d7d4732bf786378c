import { describe, expect, test } from "vitest";
import {
  allStandings,
  STANDINGS,
  type Standing,
  type StandingFacts,
  sectionOf,
  standingOf,
} from "../../../dashboard/pages/standing.ts";
import type { Question } from "../../../src/task/question.ts";
import { PHASES, type Task } from "../../../src/task/task.ts";
import {
  ACCEPTED_AT,
  around,
  outcomes,
  progress,
  pushed,
  queuedTask,
  runningTask,
  settledTask,
  waitingReasons,
  waitingTask,
} from "../../report/sample-tasks.ts";

/** What is shown of two that are true at once: the one that stands first here. People rely on it. */
const ORDER: Standing[] = [
  ...["in_doubt", "asks", "proposes", "lost", "stopping", "held_up", "publishing", "verifying", "working", "preparing"],
  ...["no_host", "paused", "limited", "no_budget", "asks_manager", "behind", "team", "queued"],
  ...["to_repair", "to_review", "merged", "closed", "delivered", "reviewed", "no_changes", "cancelled"],
  ...["not_started", "failed", "could_not_run"],
] as Standing[];

const question: Question = { id: "q1a2b3c", text: "Which?", epoch: 1, askedAt: ACCEPTED_AT };
const heldUp = { ...progress, heldUpSince: ACCEPTED_AT + 9_000 };
const cancel = { kind: "command" as const, by: "maintainer" };

/** Each way in which a task may stand, with all that may be true besides. */
function* situations(): Generator<{ task: Task; facts: StandingFacts }> {
  const reasons = Object.values(waitingReasons);
  const tasks: Task[] = [
    queuedTask(),
    ...reasons.flatMap((one) => [waitingTask(one), ...reasons.map((other) => waitingTask(one, other))]),
    ...PHASES.flatMap((phase) => [
      runningTask(phase),
      runningTask(phase, { progress: heldUp }),
      runningTask(phase, { cancel }),
    ]),
    runningTask("publishing", { pushed, cancel, progress: heldUp }),
    ...PHASES.map((phase) => runningTask(phase, { cancel, progress: heldUp })),
    ...Object.values(outcomes).map((outcome) => settledTask(outcome)),
  ];
  const inDoubt = new Map([[queuedTask().spec.id, "unreadable" as const]]);
  const pause = { pause: { by: "root", since: ACCEPTED_AT } };
  const closed = { openedAt: ACCEPTED_AT, at: ACCEPTED_AT };
  for (const task of tasks)
    for (const questions of [[], [question], [{ ...question, resolver: "manager" as const }]])
      for (const facts of [{}, { inDoubt }, { paused: pause }, { inDoubt, paused: pause }])
        for (const hosts of [around.hosts, []])
          for (const end of [{}, { closed: { ...closed, merged: true } }, { closed: { ...closed, merged: false } }])
            for (const more of [{}, { toRepair: true }, { isNew: true }, { toRepair: true, isNew: true }])
              yield { task: { ...task, questions }, facts: { hosts, ...facts, ...end, ...more } };
}

describe("how a task stands", () => {
  test("of every two things that are true of it at once, the same one is always shown", () => {
    const pairs = new Set<string>();
    const shown = new Set<Standing>();
    for (const { task, facts } of situations()) {
      const all = [...allStandings(task, facts)];
      const standing = standingOf(task, facts);
      shown.add(standing);
      expect(all).toContain(standing);
      for (const other of all) {
        if (other !== standing) pairs.add(`${standing} ${other}`);
        expect(ORDER.indexOf(standing)).toBeLessThanOrEqual(ORDER.indexOf(other));
      }
    }
    for (const pair of pairs) expect(pairs).not.toContain(pair.split(" ").reverse().join(" "));
    expect([...shown].sort()).toEqual([...ORDER].sort());
    expect(pairs.size).toBeGreaterThan(40);
  });

  test("the order is the one that people know, and each standing has one place", () => {
    expect(STANDINGS).toEqual(ORDER);
    expect(ORDER.filter((each) => sectionOf(each) === "needs")).toEqual([
      "in_doubt",
      "asks",
      "proposes",
      "to_repair",
      "to_review",
    ]);
  });
});
