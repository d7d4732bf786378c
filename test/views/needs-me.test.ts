import { describe, expect, test } from "vitest";
import { type HostView, takingWork } from "../../src/task/hosts.ts";
import type { Outcome } from "../../src/task/outcome.ts";
import type { Task } from "../../src/task/task.ts";
import { inMarkdown } from "../../src/text/quote.ts";
import { needsMe } from "../../src/views/needs-me.ts";
import type { PullFate } from "../../src/views/pull-fates.ts";
import { taskView } from "../../src/views/task-view.ts";
import { why } from "../../src/views/why.ts";
import { nextStep } from "../../src/words/next-step.ts";
import {
  around as known,
  outcomes,
  proposingTask,
  pushed,
  queuedTask,
  runningTask,
  settledTask,
  waitingReasons,
  waitingTask,
} from "../report/sample-tasks.ts";

const { now, hosts } = known;
const [builder] = hosts as [HostView];
const at = (conversation: number, task: Task): Task => ({ ...task, spec: { ...task.spec, conversation } });
const needs = (settled: Task[], tasks: Task[] = [], more = {}) =>
  needsMe(settled, { now, hosts, tasks, ...more }).map(({ kind }) => kind);

/** Ends that a person has to do something about, for the same request would end so again. */
const expected: { [Kind in Outcome["kind"]]: string[] } = {
  pull_request: [],
  merged: [],
  reviewed: [],
  no_changes: [],
  agent_failed: [],
  verify_failed: ["verify_failed"],
  over_limit: ["over_limit"],
  timed_out: [],
  out_of_budget: [],
  stalled: [],
  cancelled: [],
  refused: ["refused"],
  host_error: [],
};

test.each(Object.values(outcomes))("a task that ended as $kind", (outcome) => {
  expect(needs([settledTask(outcome)])).toEqual(expected[outcome.kind]);
});

test.each([
  ["auth", ["agent_setup"]],
  ["config", ["agent_setup"]],
  ["setup", ["repository_setup"]],
  ["toString", []],
])("an agent that failed by %s: %j", (reason, kinds) => {
  expect(needs([settledTask({ ...outcomes.agent_failed, reason })])).toEqual(kinds);
});

test("a pull request waits for a review as long as nobody has closed it and no task works on it, and says what CI says", () => {
  const published = settledTask(outcomes.pull_request);
  const { id } = published.spec;
  const withFate = (fate: PullFate) => ({ fates: new Map([[id, fate]]) });
  expect(needs([published], [], withFate({}))).toEqual(["to_review"]);
  const [need] = needsMe([published], { now, hosts, tasks: [], ...withFate({ ci: { said: "green" } }) });
  expect(need).toMatchObject({
    kind: "to_review",
    pull: { number: outcomes.pull_request.number },
    ci: { said: "green" },
  });
  expect(needs([published], [], withFate({ closed: { openedAt: 1, at: 2, merged: false } }))).toEqual([]);
  const { number } = outcomes.pull_request;
  const target = { kind: "pull" as const, number, defaultBranch: "main", headRef: "x", headSha: "0", baseRef: "main" };
  expect(needs([published], [queuedTask({ target })], withFate({}))).toEqual([]);
  // The newest task of it alone is shown.
  const later = { ...published, spec: { ...published.spec, id: "tlaterlaterlater" } };
  expect(needs([published, later], [], withFate({}))).toEqual(["to_review"]);
});

test("an end is told of until something else is asked for in the conversation, for a week at most", () => {
  const failed = settledTask(outcomes.verify_failed);
  const later = (task: Task): Task => ({ ...task, spec: { ...task.spec, acceptedAt: failed.spec.acceptedAt + 1 } });
  expect(needs([failed, later(settledTask(outcomes.pull_request))])).toEqual([]);
  expect(needs([failed], [later(queuedTask())])).toEqual([]);
  expect(needs([failed], [at(99, later(queuedTask()))])).toEqual(["verify_failed"]);
  const week = 7 * 24 * 3600_000;
  const needsLater = (ms: number) => needsMe([failed], { now: now + ms, hosts, tasks: [] });
  expect(needsLater(week - 1)).toHaveLength(1);
  expect(needsLater(week)).toEqual([]);
});

test("tasks for whose agent there is no host are one need for each agent; one that waits for another task is none", () => {
  const { task, agent, limit } = waitingReasons;
  const [one, other] = [waitingTask(task, agent, limit), waitingTask(agent)];
  const since = one.spec.acceptedAt;
  expect(needsMe([], { now, hosts, tasks: [one, other] })).toEqual([
    { kind: "no_agent", agent: "claude", since, tasks: [one.spec.id, other.spec.id] },
  ]);
  expect(needs([], [waitingTask(waitingReasons.task), queuedTask()])).toEqual([]);
});

test("a proposal needs somebody who decides about it", () => {
  const task = proposingTask();
  expect(needsMe([], { now, hosts, tasks: [task] })).toEqual([
    { kind: "approval", task: taskView(task, hosts), proposal: "p3fa81c", since: task.spec.acceptedAt },
  ]);
});

test("a task that was queued when there was a host for it needs one, too", () => {
  const task = queuedTask();
  expect(needs([], [{ ...task, agent: "claude" }])).toEqual(["no_agent"]);
  expect(needsMe([], { now, hosts: [], tasks: [task] })).toEqual([
    { kind: "no_agent", since: task.spec.acceptedAt, tasks: [task.spec.id] },
  ]);
});

test("a host that is silent, or gone, while it has runs", () => {
  const silent = { ...builder, alive: false };
  const run = runningTask("working");
  expect(needsMe([], { now, hosts: [silent], tasks: [run] })).toEqual([
    { kind: "host_silent", host: { id: "h1", name: "builder-1" }, since: builder.lastBeat, tasks: [run.spec.id] },
  ]);
  expect(needsMe([], { now, hosts: [], tasks: [run] })).toEqual([
    { kind: "host_silent", host: { id: "h1" }, tasks: [run.spec.id] },
  ]);
  // The bot does the rest of what is on GitHub already.
  expect(needs([], [runningTask("publishing", { pushed })], { hosts: [silent] })).toEqual([]);
  expect(needs([], [run])).toEqual([]);
});

describe("a host whose machine has enough to do", () => {
  const memory = { freeBytes: 5, wantedBytes: 10 };
  const cpu = { percent: 93, mark: 80 };
  const host = { id: "h1", name: "builder-1" };

  test("takes no task, and the tasks that wait say for want of what", () => {
    const around = { now, hosts: [{ ...builder, strained: { memory, cpu } }] };
    expect(takingWork(around.hosts)).toEqual([]);
    const answer = why(queuedTask(), around);
    expect(answer).toMatchObject({ full: [{ ...host, lacks: ["memory", "cpu"] }] });
    expect(nextStep(answer, inMarkdown)).toMatch(/`builder-1` has too little free memory, or too much to do to take/);
  });

  test("needs somebody when memory is short, or something else than tasks keeps it busy", () => {
    const needed = (strained: HostView["strained"], tasks: Task[]) =>
      needsMe([], { now, hosts: [{ ...builder, strained }], tasks }).filter(({ kind }) => kind === "strained");
    expect(needed({ memory }, [runningTask("working")])).toEqual([{ kind: "strained", host, memory }]);
    expect(needed({ cpu }, [])).toEqual([{ kind: "strained", host, cpu }]);
    expect(needed({ cpu }, [runningTask("working")])).toEqual([]);
  });
});

test("what holds up others comes first, then the oldest", () => {
  const inDoubt = new Map([["taaaaaaaaaaaaaaa", "newer" as const]]);
  const ended = (seconds: number, conversation: number) => {
    const task = at(conversation, settledTask(outcomes.refused));
    return { ...task, state: { ...task.state, at: now - seconds * 1_000 } as Task["state"] };
  };
  const all = needsMe([ended(1, 1), ended(9, 2)], { now, hosts: [], tasks: [runningTask("working")], inDoubt });
  expect(
    all.map((need) => ("task" in need && typeof need.task === "object" ? need.task.conversation : need.kind)),
  ).toEqual(["host_silent", "in_doubt", 2, 1]);
});

test("an agent's question needs somebody until it is answered, whether its agent waits or works", () => {
  const question = { id: "q1", text: "Which one,\n@octocat?", epoch: 1, askedAt: now - 5 };
  const asking = { ...waitingTask(waitingReasons.answer), questions: [question] };
  expect(needsMe([], { now, hosts, tasks: [asking] })).toEqual([
    expect.objectContaining({
      kind: "question",
      since: now - 5,
      question: { id: "q1", short: "Which one, @octocat?", askedAt: now - 5, open: true },
    }),
  ]);
  expect(needs([], [runningTask("working", { questions: [question] })])).toEqual(["question"]);
  expect(needs([], [{ ...asking, questions: [{ ...question, answer: { text: "this", at: now } }] }])).toEqual([]);
});
