/** What the pages beside the first one and those of tasks are drawn from, of each kind one. */
import type { Asked, ConversationPage } from "../../../dashboard/pages/conversation.ts";
import type { Visit } from "../../../dashboard/visit.ts";
import type { Stats } from "../../../src/history/stats.ts";
import type { KeptDeed } from "../../../src/task/deeds.ts";
import type { EnvelopeView } from "../../../src/views/budget.ts";
import type { HostWithRuns } from "../../../src/views/hosts.ts";
import type { MessageView } from "../../../src/views/messages.ts";
import { planView, proposedPlanView } from "../../../src/views/plan-view.ts";
import { spentOn } from "../../../src/views/spent.ts";
import { taskView } from "../../../src/views/task-view.ts";
import { why } from "../../../src/views/why.ts";
import { planningTask, planProposal, team, teamTask } from "../../report/sample-plans.ts";
import { around, limits, outcomes, runningTask, settledTask } from "../../report/sample-tasks.ts";

export const { now } = around;
export const visit: Visit = {
  viewer: { kind: "operator", name: "ada" },
  rights: { isOperator: true, mayRead: async () => true, mayWrite: async () => true },
  params: {},
  query: new URLSearchParams(),
  form: new URLSearchParams(),
  formToken: "token-of-the-form",
  now,
  signal: new AbortController().signal,
};
export const person: Visit = {
  ...visit,
  viewer: { kind: "person", id: 5, login: "maintainer" },
  rights: { ...visit.rights, isOperator: false },
};

const [known] = around.hosts;
export const host: HostWithRuns = {
  ...(known as HostWithRuns),
  ...{
    slots: 5,
    busy: 2,
    limits,
    lastBeat: now - 4_000,
    models: { scripted: "model-1" },
    roles: { planner: { agent: "scripted", model: "m" } },
  },
  budget: { task: { usd: 5 } },
  runs: [
    { task: "tabcdefghijklmno", phase: "working", stopping: false, since: now - 90_000, lastOutputAt: now - 2_000 },
  ],
  inDoubt: [{ task: "tbbcdefghijklmno", doubt: "newer" }],
};
const budget: EnvelopeView[] = [
  {
    of: "plan",
    label: "t1",
    daily: false,
    limit: { usd: 8 },
    spent: { usd: 3 },
    reserved: { usd: 1 },
    left: { usd: 4 },
  },
  {
    of: "person",
    label: "maintainer",
    daily: true,
    limit: { tokens: 1_000 },
    spent: { tokens: 900 },
    reserved: {},
    left: { tokens: 100 },
  },
];
const messages: MessageView[] = [
  {
    id: "m1",
    from: "price",
    to: "manager",
    kind: "question",
    text: "Half up?",
    at: now - 9_000,
    state: "delivered",
    since: now - 4_000,
  },
];
export const stats: Stats = {
  since: "2026-01-01",
  groups: [
    {
      of: { agent: "claude" },
      ...{ tasks: 40, pullRequests: 30, merged: 22, closed: 3, couldNotRun: 7, costUsd: 31.5, costUnknown: 2 },
      ...{ inputTokens: 1, outputTokens: 1, verifyRounds: 1.42, costPerMerged: 1.43, ciKnown: 28, ciGreen: 23 },
      ciRate: { rate: 0.82, from: 0.67, to: 0.91 },
      mergeRate: { rate: 0.55, from: 0.42, to: 0.67 },
      toPullRequest: { n: 30, p50: 640_000, p95: 2_900_000 },
      queued: { n: 40, p50: 2_100, p95: 96_000 },
    },
  ],
  days: [
    { day: "2026-01-05", pullRequests: 4, noChanges: 1, failed: 2, couldNotRun: 3, others: 0 },
    { day: "2026-01-08", pullRequests: 0, noChanges: 0, failed: 0, couldNotRun: 1, others: 2 },
  ],
  recoveries: { hostRestarts: 14, lostRuns: 1, takenUp: 3 },
  hosts: [{ host: "builder-1", runs: 48, busyMs: 3_600_000, busySlots: 2.1 }],
  spenders: { tasks: [{ name: "tabc", costUsd: 6 }], persons: [{ name: "ada", costUsd: 5 }], repositories: [] },
};
const second = runningTask("working");
const tasks = [settledTask(outcomes.verify_failed), { ...second, spec: { ...second.spec, id: "tbbcdefghijklmno" } }];
const asked: Asked[] = tasks.map((task) => ({
  answer: why(task, { ...around, tasks }),
  questions: [
    { id: "q1", short: "Keep it?", askedAt: now, open: false, answered: { by: "maintainer", short: "yes", at: now } },
  ],
  proposal: { name: "p1", title: "Round once", decided: "approved" },
  messages,
  hasPlan: true,
}));
export const conversation: ConversationPage = {
  ...{ repository: "octo-org/sample", number: 7, title: "Sum is wrong", left: 2, spent: spentOn(tasks), budget },
  pulls: [{ number: 12, url: "https://github.example/octo-org/sample/pull/12" }],
  asked,
};
export const plan = {
  task: teamTask(),
  view: planView(team(), teamTask()),
  conversationPath: "/conversations/10/7",
  budget,
  messages,
};
export const proposed = { ...plan, task: planningTask(), view: proposedPlanView(planProposal, planningTask()) };
export const deeds: KeptDeed[] = [
  { id: "1-0", at: now - 9_000, by: { name: "ada" }, via: "cli", verb: "pause", done: true, tasks: [], host: "h1" },
  {
    id: "0-1",
    at: now - 9_999,
    by: { name: "maintainer", id: 5 },
    via: "comment",
    verb: "cancel",
    done: false,
    why: "There is nothing to cancel.",
    tasks: ["t1", "t2"],
    place: "octo-org/sample#7",
  },
];
export const schedules = {
  schedules: [
    {
      ...{
        name: "nightly",
        repository: "octo-org/sample",
        repositoryId: 10,
        number: 12,
        cron: "0 3 * * *",
        timezone: "UTC",
      },
      ...{ request: "update dependencies", agent: "scripted", nextAt: now + 3_600_000 },
      last: { dueAt: now - 80_000, id: "tabc", task: taskView(settledTask(outcomes.pull_request)) },
      skipped: { dueAt: now - 60_000, reason: { kind: "task_open" as const, task: "tabc" } },
    },
  ],
  unusable: [{ repository: "octo-org/broken", repositoryId: 11, problem: "line 4: bad" }],
};
export const sessions = tasks.map((task, index) => ({
  task: { ...taskView(task, around.hosts), id: `t${index}` },
  lines: ["one", "two"],
  needs: index === 0 ? "asks: Keep it?" : undefined,
  lastOutputAt: now - 3_000,
}));
