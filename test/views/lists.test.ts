/** Tasks, hosts and conversations as lists. */
import { expect, test } from "vitest";
import type { Outcome } from "../../src/task/outcome.ts";
import type { Progress } from "../../src/task/progress.ts";
import { MAX_RUNS } from "../../src/task/runs.ts";
import type { Task, TaskRun } from "../../src/task/task.ts";
import { conversation } from "../../src/views/conversation.ts";
import { hosts as hostsView } from "../../src/views/hosts.ts";
import { spentOn } from "../../src/views/spent.ts";
import { isOfTheEnd, LIST_STATES, type ListState, tasks } from "../../src/views/tasks.ts";
import {
  around,
  outcomes,
  queuedTask,
  runningTask,
  settledTask,
  waitingReasons,
  waitingTask,
} from "../report/sample-tasks.ts";

const { now, hosts } = around;
const open = [waitingTask(waitingReasons.task), queuedTask(), runningTask("working")];
const all = [...Object.values(outcomes).map((outcome) => settledTask(outcome)), ...open];

test("each state and each outcome picks its tasks, settled all that are over", () => {
  const count = (state: ListState) => tasks(all, { state }).length;
  const ends = Object.keys(outcomes) as Outcome["kind"][];
  expect(LIST_STATES.map((state) => [state, count(state)])).toEqual([
    ...["running", "queued", "waiting"].map((state) => [state, 1]),
    ["settled", ends.length],
    ...ends.map((end) => [end, 1]),
  ]);
  expect(LIST_STATES.filter((state) => !isOfTheEnd(state))).toEqual(["running", "queued", "waiting"]);
});

test("a repository is found in any case, an agent where it is chosen, asked for or at work", () => {
  expect(tasks(all, { repository: "Octo-Org/SAMPLE" })).toHaveLength(all.length);
  expect(tasks(all, { repository: "octo-org/other" })).toEqual([]);
  const wished = { ...queuedTask({ agent: "wished" }) };
  const chosen: Task = { ...queuedTask({ agent: "wished" }), agent: "chosen" };
  expect(tasks([wished, chosen], { agent: "wished" })).toHaveLength(1);
  expect(tasks([wished, chosen], { agent: "chosen" })).toHaveLength(1);
  expect(tasks(open, { agent: "scripted" }).map(({ state }) => state)).toEqual(["running"]);
});

test("open ones come first, each newest first", () => {
  const accepted = (task: Task, acceptedAt: number): Task => ({ ...task, spec: { ...task.spec, acceptedAt } });
  const mixed = [
    accepted(settledTask(outcomes.refused), 9),
    accepted(queuedTask(), 1),
    accepted(settledTask(outcomes.refused), 8),
    accepted(queuedTask(), 2),
  ];
  expect(tasks(mixed).map(({ acceptedAt }) => acceptedAt)).toEqual([2, 1, 9, 8]);
});

test("a host has its runs, with the last output of each, and a slot is busy for each", () => {
  const id = queuedTask().spec.id;
  const elsewhere = runningTask("working");
  const tasksNow = [...open, { ...elsewhere, state: { ...elsewhere.state, host: "h2" } as Task["state"] }];
  const [first] = tasksNow as [Task];
  const hasPushed = runningTask("publishing", { pushed: { branch: "orch/3-x" } as Task["pushed"] });
  tasksNow.push({ ...hasPushed, spec: { ...first.spec, id: "tpushed" } } as Task);
  const [host] = hostsView({ now, hosts, tasks: tasksNow, beats: new Map([[id, now - 1]]) });
  expect(host).toMatchObject({
    id: "h1",
    slots: 2,
    busy: 1,
    runs: [{ task: id, phase: "working", stopping: false, lastOutputAt: now - 1 }],
  });
});

const run = (number: number, progress: Progress): TaskRun => ({ number, host: "h1", startedAt: 1, progress });

test("a conversation has its tasks oldest first, what they used together, and each pull request once", () => {
  const [first, second] = [3, 5].map((acceptedAt) => {
    const task = settledTask(outcomes.pull_request);
    return { ...task, spec: { ...task.spec, acceptedAt } };
  }) as [Task, Task];
  const found = conversation([second, first]);
  expect(found.tasks.map(({ task }) => task.acceptedAt)).toEqual([3, 5]);
  expect(found.pullRequests).toEqual([{ number: 8, url: outcomes.pull_request.url }]);
  expect(found.spent).toMatchObject({
    runs: 2,
    inputTokens: { known: 2 * 12_345, unknown: 0 },
    costUsd: { known: expect.closeTo(0.2468), unknown: 0 },
  });
});

test("what nobody states is unknown, and no agent at all is nothing", () => {
  const used = (...runs: TaskRun[]) => spentOn([{ ...queuedTask(), runs }]);
  expect(used(run(1, { agent: "a" }))).toMatchObject({ runs: 1, costUsd: { unknown: 1 } });
  expect(used(run(1, { agent: "a" })).costUsd).not.toHaveProperty("known");
  expect(used(run(1, { agent: "a", costUsd: 0 }))).toMatchObject({ costUsd: { known: 0, unknown: 0 } });
  expect(used(run(1, { agent: "a", costUsd: 1 }), run(2, { agent: "a" }))).toMatchObject({
    costUsd: { known: 1, unknown: 1 },
  });
  expect(used(run(1, {}))).toMatchObject({ runs: 0, costUsd: { unknown: 0 } });
});

test("runs that a record has forgotten are not counted as nothing", () => {
  const kept = [run(1, { agent: "a", costUsd: 1 })];
  for (let number = 5; kept.length < MAX_RUNS; number++) kept.push(run(number, { agent: "a", costUsd: 1 }));
  expect(spentOn([{ ...queuedTask(), runs: kept }])).toMatchObject({ costUsd: { known: MAX_RUNS, unknown: 1 } });
});
