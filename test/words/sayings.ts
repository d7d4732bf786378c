/**
 * What Orch can say, by the module and the function that say it, each with inputs of every kind. `golden.test.ts` writes it all
 * down, and fails for a function that is not here.
 */
import type { Misunderstanding } from "../../src/command/command.ts";
import type { SettingProblem } from "../../src/command/settings.ts";
import { SETTING_NAMES } from "../../src/command/verbs.ts";
import * as askedText from "../../src/report/asked-text.ts";
import * as comment from "../../src/report/comment-text.ts";
import * as deed from "../../src/report/deed-words.ts";
import * as factsOf from "../../src/report/facts.ts";
import * as help from "../../src/report/help.ts";
import * as messageWords from "../../src/report/message-words.ts";
import * as misunderstood from "../../src/report/misunderstood-words.ts";
import * as planText from "../../src/report/plan-text.ts";
import * as proposalReplies from "../../src/report/proposal-replies.ts";
import * as pullRequest from "../../src/report/pull-request-text.ts";
import * as replies from "../../src/report/replies.ts";
import * as teamText from "../../src/report/team-text.ts";
import { ENVELOPES } from "../../src/task/envelope.ts";
import * as exceeds from "../../src/task/exceeds-reasons.ts";
import type { InForce } from "../../src/task/in-force.ts";
import { DEADLINES, type Outcome } from "../../src/task/outcome.ts";
import { PLAN_EVENTS } from "../../src/task/plan.ts";
import type { Question } from "../../src/task/question.ts";
import type { Finding, HandedOn } from "../../src/task/review.ts";
import type { Routing } from "../../src/task/routing.ts";
import type { SkipReason } from "../../src/task/schedules.ts";
import { PHASES, type Phase, type Task } from "../../src/task/task.ts";
import { UNITS } from "../../src/text/budget.ts";
import { inMarkdown } from "../../src/text/quote.ts";
import type { Around } from "../../src/views/around.ts";
import { type EnvelopeView, envelopeView } from "../../src/views/budget.ts";
import { conversation } from "../../src/views/conversation.ts";
import type { Need, NeedKind } from "../../src/views/needs-me.ts";
import { type NodeView, planView, proposedPlanView } from "../../src/views/plan-view.ts";
import { questionView } from "../../src/views/question-view.ts";
import { spentOn } from "../../src/views/spent.ts";
import { runView, taskView } from "../../src/views/task-view.ts";
import { type WhySettled, why } from "../../src/views/why.ts";
import * as askedWords from "../../src/words/asked-words.ts";
import * as budget from "../../src/words/budget-words.ts";
import * as checkpoint from "../../src/words/checkpoint-words.ts";
import * as ci from "../../src/words/ci-words.ts";
import * as fault from "../../src/words/fault-words.ts";
import * as github from "../../src/words/github-words.ts";
import * as hiddenWords from "../../src/words/hidden-words.ts";
import * as limitWords from "../../src/words/limit-words.ts";
import * as need from "../../src/words/need-words.ts";
import * as next from "../../src/words/next-step.ts";
import * as origin from "../../src/words/origin-words.ts";
import * as outcomeWords from "../../src/words/outcome-words.ts";
import * as plans from "../../src/words/plan-words.ts";
import * as proposals from "../../src/words/proposal-words.ts";
import * as question from "../../src/words/question-words.ts";
import * as request from "../../src/words/request-words.ts";
import * as review from "../../src/words/review-words.ts";
import * as routing from "../../src/words/routing-words.ts";
import * as schedules from "../../src/words/schedule-words.ts";
import * as spent from "../../src/words/spent-words.ts";
import * as stopped from "../../src/words/stopped-words.ts";
import * as words from "../../src/words/task-words.ts";
import * as waiting from "../../src/words/waiting-words.ts";
import * as ways from "../../src/words/ways-again.ts";
import * as whyWords from "../../src/words/why-words.ts";
import {
  aloneTask,
  askedChange,
  doneTeamTask,
  HOSTILE,
  partialTeam,
  planningTask,
  planProposal,
  smallPlanTask,
  team,
  teamTask,
} from "../report/sample-plans.ts";
import {
  around as known,
  limits,
  outcomes,
  PULL_TARGET,
  progress,
  proposal,
  proposingTask,
  pushed,
  queuedTask,
  runningTask,
  settledTask,
  verification,
  waitingReasons,
  waitingTask,
} from "../report/sample-tasks.ts";
import { origins } from "../support/origins.ts";

const { now, hosts, webUrl } = known;
const around: Around = { now, hosts };
const lacksRoom = { freeBytes: 300 * 1024 ** 2, wantedBytes: 1024 ** 3 };
const inForce: InForce = [
  { what: "cpu", most: 50, by: "cgroup1" },
  { what: "memory", most: 512 * 1024 ** 2, by: "cgroup1" },
  { what: "processes", most: 4_096, by: "rlimit" },
  { what: "open_files", most: 1_024, by: "rlimit" },
  { what: "disk", most: 20 * 1024 ** 3, by: "watchdog" },
];
const strained = {
  memory: { freeBytes: 100 * 1024 ** 2, wantedBytes: 256 * 1024 ** 2 },
  cpu: { percent: 93, mark: 80 },
};
const fullHosts = hosts.map((host) => ({ ...host, lacksRoom }));

const SHA = "d".repeat(40);
const reviewedEnds = [
  { kind: "reviewed" as const, findings: 0, sha: SHA },
  { kind: "reviewed" as const, findings: 1, sha: SHA },
  ...(
    [
      { kind: "handed", task: "tabcdefghijklmno", round: 1 },
      { kind: "over", rounds: 1 },
      { kind: "over", rounds: 2 },
      { kind: "not_handed", reason: "No worker host has offered the agent gone." },
    ] satisfies HandedOn[]
  ).map((handedOn) => ({ kind: "reviewed" as const, findings: 3, sha: SHA, handedOn })),
];
const findings: Finding[] = [
  {
    path: "src/add.js",
    line: 3,
    severity: "high",
    text: "It *adds* twice; fixes #7.",
    suggestion: "a + b;",
    inDiff: true,
  },
  { path: "src/`odd`.js", line: 9, severity: "medium", text: "Look:\n\n```js\nx()\n```", suggestion: "```\n@nobody" },
  { path: "README.md", severity: "low", text: "/orch cancel" },
];

/** Each kind once, or as often as it has words of its own, so that the compiler asks for a new one. */
const misunderstandings: {
  [Kind in Misunderstanding["kind"]]: Extract<Misunderstanding, { kind: Kind }>[];
} = {
  mistyped: [{ kind: "mistyped", verb: "cancel" }],
  reserved: [{ kind: "reserved", word: "resume" }],
  undo: [{ kind: "undo", word: "revert" }],
  chat: (["thanks", "hello", "noted"] as const).map((about) => ({ kind: "chat", about })),
  one_word: [{ kind: "one_word", word: "banana" }],
  setting: (
    [
      { what: "unknown", key: "x" },
      { what: "unknown", key: "prio", near: "priority" },
      { what: "twice", key: "agent" },
      ...SETTING_NAMES.map((key) => ({ what: "value" as const, key, value: "a`b" })),
      { what: "unclosed", key: "model" },
      { what: "form", key: "agent" },
      { what: "behind", key: "base" },
      { what: "no_request" },
      { what: "not_for", verb: "cancel" },
    ] satisfies SettingProblem[]
  ).map((problem) => ({ kind: "setting", problem })),
  wordless: (["answer", "tell", "then", "plan", "team"] as const).map((verb) => ({ kind: "wordless", verb })),
  too_long: [{ kind: "too_long" }],
  spelling: [{ kind: "spelling" }],
  quoted: [{ kind: "quoted" }],
  in_html: [{ kind: "in_html" }],
  in_table: [{ kind: "in_table" }],
  in_footnote: [{ kind: "in_footnote" }],
  unreadable: [{ kind: "unreadable" }],
};

const budgets = [
  { installationId: 1, rest: {}, minute: 0, hour: 0 },
  { installationId: 2, rest: { limit: 5_000, remaining: 17, resetAt: now + 60_000, at: now }, minute: 3, hour: 70 },
  { installationId: 3, rest: { heldUntil: now + 60_000 }, minute: 80, hour: 499 },
];

const envelopes: EnvelopeView[] = [
  envelopeView({
    of: "task",
    name: "task:tabcdefghijklmno",
    label: "tabcdefghijklmno",
    limit: { usd: 2, tokens: 500_000 },
    spent: { usd: 0.5, tokens: 120_000, ms: 1 },
    reserved: { usd: 1.5, runs: 1 },
  }),
  envelopeView({
    of: "conversation",
    name: "conversation:1:7",
    label: "octo-org/sample#7",
    limit: { runs: 9, ms: 3_600_000 },
    spent: { runs: 2, ms: 600_000 },
    reserved: {},
  }),
  envelopeView({
    of: "person",
    name: "person:31:2026-11-27",
    label: "a @team`x`",
    limit: { usd: 20 },
    spent: { usd: 21.25 },
    reserved: {},
  }),
  envelopeView({
    of: "repository",
    name: "repository:1:2026-11-27",
    label: "octo-org/sample",
    limit: {},
    spent: { usd: 3 },
    reserved: {},
  }),
];
const runBudget = {
  epoch: 1,
  reserved: { usd: 2, ms: 3_600_000, runs: 1 },
  used: { usd: 0.41, tokens: 90_000, ms: 61_000, runs: 1 },
};

const skips: { [Kind in SkipReason["kind"]]: Extract<SkipReason, { kind: Kind }> } = {
  task_open: { kind: "task_open", task: "tabcdefghijklmno" },
  issue_closed: { kind: "issue_closed", number: 7 },
  issue_missing: { kind: "issue_missing", number: 7 },
  missed: { kind: "missed" },
  repository_archived: { kind: "repository_archived" },
  refused: { kind: "refused", message: "Validation failed" },
};

const network = {
  egress: "listed" as const,
  blocked: 3,
  places: [{ host: "metadata.example", port: 80, why: "it is no public address" }],
};
const summary = "Start the sum at zero\n\nIt started at one, see `lib/sum.js`.";
const finish = {
  title: "Start the sum at zero",
  summary: "It started at one, see `lib/sum.js`.",
  decisions: ["No new dependency"],
  interfaces: [],
  followUps: ["`product` is off, too"],
};
const failure = (reason: string): Outcome => ({ ...outcomes.agent_failed, reason });
const REASONS = [
  ...["auth", "config", "rate_limit", "server", "denied", "interrupted", "crash", "setup", "disk", "new"],
  ...["credit", "model", "unreachable", "usage_limit", "bad_request"],
];

const hidden = { paths: ["lib/plus.js", "node_modules/"], more: 3 };
const onlyWithHidden = { ...progress, verification: { ...verification, hidden } };

const ends: Task[] = [
  ...Object.values(outcomes).map((outcome) => settledTask(outcome)),
  ...REASONS.map((reason) => settledTask(failure(reason))),
  ...DEADLINES.map((deadline) =>
    settledTask({ ...outcomes.timed_out, deadline, waitedFor: deadline === "waiting" ? [waitingReasons.agent] : [] }),
  ),
  settledTask({ ...outcomes.timed_out, deadline: "waiting", waitedFor: [waitingReasons.approval] }),
  settledTask({
    ...outcomes.timed_out,
    deadline: "publishing",
    obstacle: "Pushing to octo-org/calculator failed: HTTP 502",
  }),
  ...["rate_limit", "auth", "new"].map((reason) =>
    settledTask({ ...outcomes.timed_out, deadline: "total", cause: { reason, message: "status 429" } }),
  ),
  settledTask(outcomes.pull_request, { pushed }),
  settledTask({ ...outcomes.pull_request, missing: [{ node: "docs", title: "Say so", why: "it failed" }] }),
  settledTask({ ...outcomes.verify_failed, verification: { ...outcomes.verify_failed.verification, unchanged: true } }),
  settledTask({ ...outcomes.pull_request, draft: false }, { pushed, progress: { ...progress, verification, summary } }),
  settledTask(outcomes.pull_request, { pushed, progress: onlyWithHidden }),
  {
    ...settledTask({ ...outcomes.pull_request, number: 7 }, { pushed, progress: onlyWithHidden }),
    spec: queuedTask({ target: PULL_TARGET }).spec,
  },
  settledTask(outcomes.pull_request, { pushed, cancel: { kind: "command", by: "maintainer" } }),
  settledTask(outcomes.pull_request, { pushed: { ...pushed, insteadOf: "feature" } }),
  settledTask(outcomes.pull_request, {
    pushed: { ...pushed, stopped: { by: "deadline", deadline: "total", afterMs: 3_600_000 } },
  }),
  settledTask({ ...outcomes.over_limit, used: 820 * 1024 ** 2, during: "setup" }),
  settledTask({ ...outcomes.over_limit, limit: "processes", used: 70, allowed: 64 }),
  settledTask(outcomes.pull_request, {
    pushed: { ...pushed, stopped: { by: "limit", limit: "memory", used: 2 ** 29, allowed: 2 ** 29 } },
  }),
  settledTask(outcomes.pull_request, {
    pushed: { ...pushed, stopped: { by: "budget", message: "50 turns were not enough." } },
  }),
  settledTask(outcomes.pull_request, {
    pushed: {
      ...pushed,
      insteadOf: "feature",
      because: "stopped",
      stopped: { by: "deadline", deadline: "silence", afterMs: 900_000 },
    },
  }),
  settledTask(outcomes.pull_request, { pushed: { ...pushed, insteadOf: "feature", because: "auto_merge" } }),
  {
    ...settledTask({ ...outcomes.pull_request, number: 7 }, { pushed: { ...pushed, branch: "feature" } }),
    spec: queuedTask({ target: PULL_TARGET }).spec,
  },
  settledTask(outcomes.no_changes, { progress: { ...progress, summary: "There is nothing to change here." } }),
  settledTask(outcomes.refused, { progress: {} }),
  ...(["issue_closed", "taken_back"] as const).map((kind) =>
    settledTask({ kind: "cancelled", reason: { kind, by: "maintainer" } }),
  ),
  settledTask({ kind: "cancelled", reason: { kind: "issue_closed", by: "maintainer", moved: true } }),
  settledTask({ kind: "cancelled", reason: { kind: "first_cancelled", task: "tother" } }),
  settledTask({ kind: "cancelled", reason: { kind: "left_plan", task: "tother" } }),
  settledTask({ kind: "cancelled", reason: { kind: "by_operator", by: "root" } }),
  ...(["repository_archived", "installation_removed"] as const).map((kind) =>
    settledTask({ kind: "cancelled", reason: { kind } }),
  ),
];

const lane = { agent: "scripted", host: "h1" };
const open: Task[] = [
  waitingTask(...Object.values(waitingReasons)),
  waitingTask({ for: "agent", until: now }),
  waitingTask({ for: "agent", agent: "claude", host: "h1", until: now }),
  waitingTask({ for: "task", task: "tother", behind: true, until: now }),
  proposingTask(),
  planningTask(),
  aloneTask(),
  queuedTask(),
  { ...queuedTask(), agent: "claude" },
  { ...queuedTask(), state: { name: "queued", since: now, lane } },
  ...PHASES.map((phase) => runningTask(phase, { progress: { ...progress, network } })),
  { ...runningTask("working"), spec: { ...queuedTask().spec, plan: true } },
  { ...runningTask("working"), spec: { ...queuedTask().spec, role: "reviewer", review: { round: 0 } } },
  { ...runningTask("working"), spec: { ...queuedTask().spec, mends: { review: "tabcdefghijklmno", round: 1 } } },
  runningTask("working", { cancel: { kind: "command", by: "maintainer" } }),
  runningTask("working", { progress: { ...progress, sandbox: "none", start: { how: "resumed", task: "tother" } } }),
  { ...runningTask("working", { progress: { start: { how: "fresh" } } }), spec: queuedTask({ after: "tother" }).spec },
  runningTask("working", { crashes: [1], progress: { start: { how: "handed over", task: "tother" } } }),
  runningTask("working", { progress: { ...progress, said: "I look for where the sum begins. cc @octo-org" } }),
  runningTask("publishing", { pushed }),
];

const settledWhys = ends.map((task) => why(task, around)) as WhySettled[];
function heldUp(phase: Phase) {
  const { state } = runningTask(phase);
  const progress = { heldUpSince: (state.name === "running" ? state.phaseSince : 0) + 60_000 };
  return why(runningTask(phase, { progress }), { now, hosts: hosts.map((host) => ({ ...host, limits })) });
}

const arms = [
  { arm: "claude", n: 60, merged: 30, costPerMerged: 1.2, draw: 1.31 },
  { arm: "codex", n: 12.6, merged: 0, draw: 9.5 },
  { arm: HOSTILE, n: 1, merged: 1, costPerMerged: 0.004 },
];
const routed = { class: "issue/small", candidates: arms, seed: "taaaaaaaaaaaaaaa" };
const unrouted = { ...routed, candidates: [], fellBackTo: "default" as const };
const routings: Routing[] = [
  { ...routed, mode: "route", chosen: "claude" },
  { ...routed, mode: "route", chosen: "codex", explored: true, fellBackTo: "all_repositories" },
  { ...routed, mode: "route", chosen: HOSTILE, fellBackTo: "all_kinds" },
  { ...routed, mode: "advise", chosen: "claude" },
  {
    ...{ ...routed, mode: "route", chosen: "claude", model: "haiku" },
    candidates: [
      { arm: "claude", model: "haiku", version: "2.1.0", n: 60, merged: 30, costPerMerged: 1.2, draw: 1.31 },
    ],
  },
  { ...routed, mode: "advise", fellBackTo: "default", because: "not_enough" },
  ...(["no_history", "too_costly", "one_agent", "not_enough"] as const).map(
    (because): Routing => ({
      ...unrouted,
      mode: "route",
      because,
    }),
  ),
];

const whys = [
  ...open.map((task) => why(task, around)),
  why(queuedTask(), { now, hosts: [] }),
  why(queuedTask(), { now, hosts: fullHosts }),
  why(waitingTask({ for: "agent", until: now }), { now, hosts: fullHosts }),
  why(queuedTask(), { ...around, tasks: [], queue: [["a", "b", queuedTask().spec.id]] }),
  why(waitingTask(waitingReasons.task), { ...around, tasks: [runningTask("working")] }),
  why(runningTask("working"), {
    now,
    hosts: hosts.map((host) => ({ ...host, limits })),
    beats: new Map([[queuedTask().spec.id, now - 12_000]]),
  }),
  why(runningTask("verifying"), { now, hosts: hosts.map((host) => ({ ...host, alive: false })) }),
  why(runningTask("verifying"), { now, hosts: [] }),
  why(runningTask("publishing", { pushed }), {
    ...around,
    textHeld: new Map([[queuedTask().spec.installationId, now + 900_000]]),
  }),
  ...(["preparing", "publishing"] as const).map((phase) => heldUp(phase)),
  ...(["older", "newer", "unreadable", "absent"] as const).map((doubt) =>
    why(runningTask("working"), { ...around, inDoubt: new Map([[queuedTask().spec.id, doubt]]) }),
  ),
  why(settledTask(outcomes.refused, { continues: "taaaaaaaaaaaaaaa" }), around),
];

const runningWhy = why(runningTask("working"), around);
const withDeadlines = DEADLINES.flatMap((deadline) =>
  runningWhy.state === "running" && deadline !== "waiting" && deadline !== "queued"
    ? [{ ...runningWhy, deadline: { deadline, at: now + 60_000 } }]
    : [],
);

/** Full of what would be acted upon. */
const hostile: Question = {
  id: "q1a2b3c",
  text: "Which one, @octocat? See #1 and https://evil.example/x\n/orch cancel\n<!-- hidden --> <b>bold</b> Closes #2",
  options: ["the first, by @octocat", "/orch cancel"],
  epoch: 1,
  askedAt: now - 60_000,
};
const plainQuestion: Question = { id: "q2b3c4d", text: "Why?", epoch: 1, askedAt: now };
const by = { id: 1, login: "maintainer" };
const answered: Question = { ...hostile, answer: { text: "the second, @octocat", by, at: now } };
const unanswered: Question = { ...hostile, over: "deadline" };
const blocked: Question = {
  ...plainQuestion,
  id: "q3c4d5e",
  text: "The key for @octocat is not there. Closes #2",
  blocker: { kind: "access", needs: "a key\n/orch cancel" },
};
const byManager: Question = { ...plainQuestion, answer: { text: "Because of #1", manager: true, at: now } };
const asking: Task = { ...waitingTask(waitingReasons.answer), questions: [hostile] };

const published = taskView(settledTask(outcomes.pull_request), hosts);
const verifyFailed = taskView(settledTask(outcomes.verify_failed), hosts);
const needs: { [Kind in NeedKind]: Extract<Need, { kind: Kind }>[] } = {
  paused: [{ kind: "paused", by: "root", since: now - 240_000 }],
  host_silent: [
    { kind: "host_silent", host: { id: "h1", name: "builder-1" }, since: now - 60_000, tasks: ["a", "b"] },
    { kind: "host_silent", host: { id: "h1" }, tasks: ["a"] },
  ],
  in_doubt: [{ kind: "in_doubt", task: "taaaaaaaaaaaaaaa", doubt: "newer" }],
  no_agent: [
    { kind: "no_agent", agent: "claude", since: now - 3_000, tasks: ["a", "b"] },
    { kind: "no_agent", since: now, tasks: ["a"] },
  ],
  question: [
    { kind: "question", task: taskView(asking, hosts), question: questionView(hostile), since: now - 60_000 },
    {
      kind: "question",
      task: { ...taskView(asking, hosts), number: undefined as never },
      question: questionView(hostile),
      since: now - 60_000,
    },
  ],
  approval: [
    { kind: "approval", task: verifyFailed, proposal: "p3fa81c", since: now - 3_000 },
    { kind: "approval", task: verifyFailed, proposal: "p3fa81c", change: true, since: now - 3_000 },
  ],
  to_review: [
    {
      kind: "to_review",
      task: published,
      pull: { number: 39, url: HOSTILE },
      ci: { said: "green" },
      since: now - 57_600_000,
    },
    {
      kind: "to_review",
      task: published,
      pull: { number: 39, url: HOSTILE, draft: true },
      ci: { said: "red" },
      since: now,
    },
    { kind: "to_review", task: published, pull: { number: 39, url: HOSTILE }, since: now },
  ],
  refused: [{ kind: "refused", task: verifyFailed, since: now }],
  verify_failed: [{ kind: "verify_failed", task: verifyFailed, since: now }],
  over_limit: [{ kind: "over_limit", task: verifyFailed, since: now }],
  strained: [
    { kind: "strained", host: { id: "h1", name: "builder-1" }, memory: strained.memory },
    { kind: "strained", host: { id: "h1", name: "builder-1" }, cpu: strained.cpu },
  ],
  cannot_work: [
    { kind: "cannot_work", host: { id: "h1", name: "builder-1" }, since: now - 600_000 },
    { kind: "cannot_work", host: { id: "h1", name: HOSTILE }, since: now - 60_000, why: HOSTILE },
  ],
  no_room: [{ kind: "no_room", host: { id: "h1", name: "builder-1" }, ...lacksRoom }],
  agent_setup: [{ kind: "agent_setup", task: verifyFailed, since: now }],
  repository_setup: [{ kind: "repository_setup", task: verifyFailed, since: now }],
};

const kept = {
  ...verifyFailed,
  checkpoint: {
    kind: "workspace" as const,
    folder: "host/workspaces/tabcdefghijklmno",
    until: now + 2 * 24 * 3600_000,
    commits: 2,
    host: { id: "h1", name: "builder-1" },
  },
};

const objects = {
  kind: "objects" as const,
  folder: "host/checkpoints/tabcdefghijklmno.git",
  until: now + 2 * 24 * 3600_000,
  commits: 2,
  files: 3,
  host: { id: "h1", name: "builder-1" },
};
const checkpoints = [
  kept,
  { ...verifyFailed, checkpoint: objects },
  { ...verifyFailed, checkpoint: { ...objects, commits: 0, files: 1 } },
  { ...verifyFailed, checkpoint: { ...objects, elsewhere: 1 } },
  { ...verifyFailed, checkpoint: { ...objects, commits: 0, files: 0, elsewhere: 3 } },
  { ...verifyFailed, checkpoint: { ...objects, ready: true as const } },
];
const all = [...open, ...ends];
const allOrigins = [...Object.values(origins), { ...origins.dashboard, by: "root" }];
const used = (shown: object) => spentOn([runningTask("working", { progress: { agent: "a", ...shown } })]);
const run = { number: 1, host: "h1", startedAt: now - 60_000, progress: { ...progress, verification } };

const teamView = (changes: Parameters<typeof team>[0] = {}) => planView(team(changes), teamTask(), hosts);
const askedView = teamView({ asked: askedChange });
const proposedView = proposedPlanView(planProposal, planningTask());
const partialView = planView(partialTeam(), doneTeamTask(), hosts);
const missing = [
  { node: "price", title: "Round prices once", why: HOSTILE },
  { node: "docs", title: HOSTILE, why: "price failed" },
];
/** Of a node whose work was not merged something is kept, and of one whose was. */
const keptTeam = {
  ...teamView(),
  home: { id: "h1", name: "alpha" },
  nodes: teamView().nodes.map((node) =>
    node.id === "price" ? { ...node, task: { ...verifyFailed, checkpoint: objects } } : node,
  ),
};

const planViews = [proposedView, teamView(), partialView];

type Said = string | undefined;
export type Sayings = Record<string, { module: object; says: Record<string, () => readonly Said[]> }>;

/** By the module's path. */
export const sayings: Sayings = {
  "src/report/comment-text.ts": {
    module: comment,
    says: {
      renderComment: () => all.map((task) => comment.renderComment(task, known)),
      // Of what is over it is the comment.
      renderSummary: () => open.map((task) => comment.renderSummary(task, known)),
    },
  },
  "src/report/facts.ts": {
    module: factsOf,
    says: {
      asked: () => [factsOf.asked(queuedTask().spec), factsOf.asked(queuedTask({ details: "More." }).spec)],
      facts: () => all.map((task) => factsOf.facts(task, known).join("\n")),
      agentFact: () => [factsOf.agentFact(progress)],
      networkFact: () => [
        factsOf.networkFact({ network }),
        factsOf.networkFact({ network: { egress: "open", blocked: 0, places: [] } }),
      ],
      machineFact: () => [
        factsOf.machineFact({ inForce, peakRssBytes: 2 ** 28, cpuSeconds: 34.2 }),
        factsOf.machineFact({ inForce }),
        factsOf.machineFact({ cpuSeconds: 3 }),
      ],
      usageFact: () => [factsOf.usageFact(progress), factsOf.usageFact({ costUsd: 0 })],
      budgetFact: () => [
        factsOf.budgetFact(runningTask("working", { progress: { agent: "a", budget: runBudget } })),
        factsOf.budgetFact(runningTask("working", { progress: { agent: "a", budget: { ...runBudget, low: true } } })),
        factsOf.budgetFact(settledTask(outcomes.pull_request, { progress: { budget: { ...runBudget, low: true } } })),
        factsOf.budgetFact(settledTask(outcomes.pull_request)),
      ],
      changesFact: () => [factsOf.changesFact(pushed)],
      verificationFact: () => [
        factsOf.verificationFact(settledTask(outcomes.verify_failed)),
        factsOf.verificationFact(settledTask(outcomes.pull_request, { pushed })),
      ],
      sandboxWarning: () => [factsOf.sandboxWarning({ sandbox: "none" })],
    },
  },
  "src/report/deed-words.ts": {
    module: deed,
    says: {
      doneElsewhere: () =>
        (["tell", "answer", "approve", "plan", "cancel"] as const).flatMap((kind) =>
          (["dashboard", "cli", "comment"] as const).map((via) =>
            deed.doneElsewhere(kind, { login: "a `b`", operator: via === "cli", via, task: "tabcdefghijklmno" }),
          ),
        ),
    },
  },
  "src/report/help.ts": { module: help, says: { help: () => [help.help()] } },
  "src/report/message-words.ts": {
    module: messageWords,
    says: {
      messageTooLong: () => [messageWords.messageTooLong(12_345)],
      nobodyToTell: () => [messageWords.nobodyToTell()],
      nobodyCalled: () => [messageWords.nobodyCalled("tabcdefghijklmno")],
      nothingToTell: () => [messageWords.nothingToTell()],
      tooLateToTell: () => [messageWords.tooLateToTell("tabcdefghijklmno")],
      nodeIsOver: () => [messageWords.nodeIsOver("prices")],
      tooManyMessages: () => [messageWords.tooManyMessages("tabcdefghijklmno")],
      notDelivered: () => [messageWords.notDelivered("maintainer", "tabcdefghijklmno")],
      givenUp: () => [messageWords.givenUp("maintainer", "tabcdefghijklmno")],
    },
  },
  "src/report/misunderstood-words.ts": {
    module: misunderstood,
    says: { explain: () => Object.values(misunderstandings).flatMap((each) => each.map(misunderstood.explain)) },
  },
  "src/report/proposal-replies.ts": {
    module: proposalReplies,
    says: {
      whichProposal: () => [[], [proposal], [proposal, { name: "p0a1b2c" }]].map(proposalReplies.whichProposal),
      noSuchProposal: () => [
        proposalReplies.noSuchProposal("p`x", [proposal]),
        proposalReplies.noSuchProposal("pr", []),
      ],
      approveInComment: () => [undefined, "p3fa81c09d2e4", "p`x"].map(proposalReplies.approveInComment),
      decidedAlready: () =>
        (["approved", "change", "outdated"] as const).map((how) => proposalReplies.decidedAlready("p3fa81c", how)),
      outdated: () => [
        proposalReplies.outdated("p3fa81c", ["src/sum.js"]),
        proposalReplies.outdated("p3fa81c", ["a.js", "b.js", "c.js", "d.js", "e.js", "f.js", "g`.js"]),
      ],
      changeDecidedAlready: () =>
        (["approved", "change", "outdated", "lapsed", undefined] as const).map((how) =>
          proposalReplies.changeDecidedAlready("p3fa81c", how),
        ),
      changeOutdated: () => [proposalReplies.changeOutdated("p3fa81c")],
      nothingToChange: () => [proposalReplies.nothingToChange("p3fa81c")],
      changeTooLong: () => [proposalReplies.changeTooLong(4_000)],
    },
  },
  "src/report/pull-request-text.ts": {
    module: pullRequest,
    says: {
      pullRequestTitle: () => [
        pullRequest.pullRequestTitle(runningTask("publishing", { pushed })),
        pullRequest.pullRequestTitle({
          ...runningTask("publishing"),
          spec: queuedTask({ instruction: "fix this" }).spec,
        }),
        pullRequest.pullRequestTitle(runningTask("publishing", { progress: { summary } })),
        pullRequest.pullRequestTitle(runningTask("publishing", { progress: { summary: "Done.", finish } })),
        pullRequest.pullRequestTitle(runningTask("publishing"), [
          { ...runningTask("publishing", { pushed }), spec: queuedTask({ id: "tother" }).spec },
        ]),
      ],
      pullRequestBody: () => {
        const evidence = { progress: { ...progress, verification, network } };
        const told = runningTask("publishing", { progress: { ...evidence.progress, summary } });
        const about = (task: Task, to = pushed, draft = true) =>
          pullRequest.pullRequestBody(task, to, { webUrl, draft });
        return [
          about(runningTask("publishing", evidence)),
          about(runningTask("publishing", { progress: onlyWithHidden })),
          about(runningTask("publishing", { progress: { ...evidence.progress, summary: "Done.", finish } })),
          about({ ...told, spec: queuedTask({ instruction: "fix this" }).spec }, pushed, false),
          about({ ...told, spec: queuedTask({ target: PULL_TARGET }).spec }, { ...pushed, insteadOf: "feature" }),
          about(told, { ...pushed, stopped: { by: "deadline", deadline: "total", afterMs: 3_600_000 } }),
        ];
      },
    },
  },
  "src/words/review-words.ts": {
    module: review,
    says: {
      REVIEWS: () => [review.REVIEWS],
      reviewHeadline: () => [0, 1, 3].map((findings) => review.reviewHeadline({ findings })),
      reviewed: () => reviewedEnds.map((end) => review.reviewed(end, inMarkdown)),
      afterReview: () => reviewedEnds.map((end) => review.afterReview(end, inMarkdown)),
      reviewBody: () => [
        review.reviewBody({ sha: SHA, findings: [] }, [], { task: "tabcdefghijklmno" }),
        review.reviewBody({ sha: SHA, findings }, findings.slice(0, 1), {
          task: "tabcdefghijklmno",
          summary: "I read *all* of `src`, and asked @nobody.",
          by: "`judge` (`opus`)",
        }),
        review.reviewBody({ sha: SHA, findings }, [], { task: "tabcdefghijklmno" }),
      ],
      findingComment: () => findings.map((finding) => review.findingComment(finding)),
    },
  },
  "src/words/question-words.ts": {
    module: question,
    says: {
      openBlocks: () => [
        question.openBlocks(asking),
        question.openBlocks({ ...asking, questions: [hostile, plainQuestion] }),
        question.openBlocks({ ...asking, questions: [plainQuestion] }),
        question.openBlocks({ ...asking, questions: [answered] }),
        question.openBlocks({ ...asking, questions: [blocked] }),
      ],
      answeredFacts: () => question.answeredFacts({ questions: [answered, unanswered, hostile, byManager] }),
      callForAnswer: () => [
        question.callForAnswer(asking, hostile),
        question.callForAnswer({ ...asking, spec: queuedTask({ actor: undefined }).spec }, plainQuestion),
        question.callForAnswer(asking, blocked),
        question.callForAnswer(asking, hostile, "api"),
        question.callForAnswer({ ...asking, spec: queuedTask({ actor: undefined }).spec }, blocked, "api"),
      ],
      nobodyAsks: () => [question.nobodyAsks()],
      questionIsOver: () => [
        question.questionIsOver(answered),
        question.questionIsOver({ ...answered, answer: { text: "yes", at: now } }),
        question.questionIsOver(unanswered),
        question.questionIsOver(byManager),
      ],
      taskIsOver: () => [question.taskIsOver("tabcdefghijklmno")],
      whichQuestion: () => [
        question.whichQuestion([
          { question: hostile, task: "tabcdefghijklmno" },
          { question: plainQuestion, task: "tbbbbbbbbbbbbbbb" },
        ]),
      ],
      noSuchOption: () => [question.noSuchOption(hostile, 7)],
      answerTooLong: () => [question.answerTooLong(4_321, 4_000)],
      emptyAnswer: () => [question.emptyAnswer("q1a2b3c")],
    },
  },
  "src/report/replies.ts": {
    module: replies,
    says: {
      help: () => ["See src/report/help.ts"],
      refusedNoPermission: () => [replies.refusedNoPermission("stranger")],
      forkNotYet: () => [replies.forkNotYet()],
      fromDefaultBranch: () => [replies.fromDefaultBranch("main")],
      closed: () => [replies.closed("issue"), replies.closed("pull"), replies.closed("pull", "topic")],
      cancelled: () => [replies.cancelled(1), replies.cancelled(2)],
      nothingToCancel: () => [replies.nothingToCancel(), replies.nothingToCancel("tabcdefghijklmno")],
      noSuchTask: () => [replies.noSuchTask("tabcd")],
      noTaskToTellOf: () => [replies.noTaskToTellOf(undefined), replies.noTaskToTellOf("tabcd")],
      nothingToRetry: () => [replies.nothingToRetry(undefined), replies.nothingToRetry("tabcd")],
      stillOpen: () => [replies.stillOpen("tabcdefghijklmno")],
      nothingToFollow: () => [replies.nothingToFollow("tabcdefghijklmno")],
      nothingToFollowWith: () => [replies.nothingToFollowWith()],
      pullRequestIsOver: () => [replies.pullRequestIsOver(7)],
      baseBehind: () => [replies.baseBehind()],
      noSuchBranch: () => [replies.noSuchBranch("release-2")],
      baseOnPull: () => [replies.baseOnPull()],
      detailsCut: () => [replies.detailsCut(1_234, false), replies.detailsCut(1_234, true)],
      reviewOnIssue: () => [replies.reviewOnIssue()],
      closedToUs: () => [replies.closedToUs()],
      roleIsOff: () => [replies.roleIsOff("reviewer")],
      noSuchAgent: () => [replies.noSuchAgent("codex", ["claude", "gemini"])],
      tooManyCommands: () => [replies.tooManyCommands(10)],
      editedBefore: () => [replies.editedBefore("stranger")],
      status: () => {
        const tasks = [waitingTask(waitingReasons.task), queuedTask(), settledTask(outcomes.pull_request)];
        const inDoubt = ["tccccccccccccccc"];
        const view = {
          tasks: tasks.map((task) => why(task, around)),
          conversation: conversation(tasks),
          budget: envelopes,
          inDoubt,
          now,
        };
        return [
          replies.status(view),
          replies.status({ ...view, budget: [] }),
          replies.status({ ...view, tasks: [], inDoubt: [] }),
        ];
      },
      why: () =>
        [queuedTask(), settledTask(outcomes.verify_failed)].map((task) =>
          replies.why({ answer: why(task, around), now }),
        ),
      logs: () => {
        const task = taskView(runningTask("working"));
        return [replies.logs({ task, lines: ["I read the tests."], now }), replies.logs({ task, lines: [], now })];
      },
    },
  },
  "src/words/fault-words.ts": {
    module: fault,
    says: {
      agentFault: () => REASONS.map(fault.agentFault),
      timedOut: () => ["See src/words/outcome-words.ts"],
      asSentence: () => [],
    },
  },
  "src/words/request-words.ts": {
    module: request,
    says: {
      requestWords: () => [
        request.requestWords({}, inMarkdown),
        request.requestWords({ team: true }, inMarkdown),
        request.requestWords({ plan: true }, inMarkdown),
        request.requestWords({ review: { round: 0 } }, inMarkdown),
        request.requestWords({ mends: { review: "tabcdefghijklmno", round: 1 } }, inMarkdown),
        request.requestWords({ node: { plan: "tplan", id: HOSTILE, try: 1, home: "h1", share: 1 } }, inMarkdown),
      ],
    },
  },
  "src/words/budget-words.ts": {
    module: budget,
    says: {
      waitsForBudget: () => ENVELOPES.map((of) => budget.waitsForBudget({ of, unit: "usd" })),
      waitedForBudget: () => ENVELOPES.map((of) => budget.waitedForBudget(of, "7d")),
      beyondBudget: () => UNITS.map((unit) => budget.beyondBudget(unit, 600_000, 300_000)),
      noBudget: () => ENVELOPES.map((of) => budget.noBudget({ of, unit: "usd" }, 2)),
      taskBudgetWords: () => [
        budget.taskBudgetWords(runningTask("working", { progress: { budget: { ...runBudget, low: true } } })),
        budget.taskBudgetWords(
          settledTask(outcomes.verify_failed, { progress: { budget: { ...runBudget, low: true } } }),
        ),
      ],
      runBudgetWords: () => [
        budget.runBudgetWords(runBudget, {}),
        budget.runBudgetWords({ ...runBudget, task: { usd: 5 } }, { usd: 1.5 }),
        budget.runBudgetWords({ ...runBudget, tight: { usd: "day" } }, {}),
        budget.runBudgetWords({ ...runBudget, low: true }, {}),
        budget.runBudgetWords({ ...runBudget, low: true, spent: true }, {}),
        budget.runBudgetWords({ ...runBudget, used: { runs: 1 } }, {}),
        budget.runBudgetWords({ ...runBudget, reserved: { runs: 1 } }, {}),
      ],
      budget: () => [budget.budget(envelopes, inMarkdown), budget.budget([], inMarkdown)],
      budgetLine: () => [budget.budgetLine(envelopes, inMarkdown), budget.budgetLine([], inMarkdown)],
      envelopeName: () => envelopes.map((each) => budget.envelopeName(each, inMarkdown)),
    },
  },
  "src/words/checkpoint-words.ts": {
    module: checkpoint,
    says: {
      isReady: () => [],
      keptObjects: () => [], // within the others
      keptFor: () => checkpoints.map((each) => checkpoint.keptFor(each, inMarkdown)),
      keptOfTeam: () =>
        [true, false].flatMap((published) =>
          checkpoint.keptOfTeam(keptTeam, { id: "tabcdefghijklmno", published }, inMarkdown),
        ),
      keptAt: () => checkpoints.map((each) => checkpoint.keptAt(each, now, inMarkdown)),
    },
  },
  "src/report/plan-text.ts": {
    module: planText,
    says: {
      planGraph: () => planViews.map(planText.planGraph),
      planTable: () => planViews.map(planText.planTable),
      planParts: () => [planText.planParts(proposedView.nodes)],
      nodeQuestions: () => planViews.map(planText.nodeQuestions),
    },
  },
  "src/report/asked-text.ts": {
    module: askedText,
    says: { askedChange: () => [false, true].map((how) => askedText.askedChange(askedView, { how }).join("\n\n")) },
  },
  "src/task/exceeds-reasons.ts": {
    module: exceeds,
    says: {
      exceedsReasons: () =>
        [askedChange.exceeds, { stopped: { node: "price", why: HOSTILE } }].flatMap((each) =>
          exceeds.exceedsReasons(each, inMarkdown),
        ),
    },
  },
  "src/words/asked-words.ts": {
    module: askedWords,
    says: {
      howToDecideOnChange: () => [askedWords.howToDecideOnChange("p3fa81c", inMarkdown)],
      changeWords: () =>
        [
          askedChange.revision,
          { replace: ["price"], add: askedChange.revision.add },
          { end: "partial" as const },
        ].flatMap((revision) => {
          const { asked } = teamView({ asked: { ...askedChange, revision } });
          return asked ? askedWords.changeWords(asked, inMarkdown) : [];
        }),
      askedBecause: () =>
        [{}, { stopped: { node: "price", why: "No." } }].map((each) => askedWords.askedBecause({ exceeds: each })),
      meanwhile: () => [askedWords.meanwhile],
    },
  },
  "src/report/team-text.ts": {
    module: teamText,
    says: {
      proposedPlan: () => [teamText.proposedPlan(planningTask()).join("\n\n")],
      teamAtWork: () =>
        [team(), team({ low: true }), team({ asked: askedChange })].map((each) =>
          teamText.teamAtWork(teamTask(), { ...known, team: each }).join("\n\n"),
        ),
      teamsEnd: () => {
        const end = teamText.teamsEnd(doneTeamTask(), { ...known, team: partialTeam() });
        return [...end.first, ...end.receipt];
      },
      missingFrom: () => teamText.missingFrom(settledTask({ ...outcomes.pull_request, missing })),
      teamLines: () =>
        [aloneTask(), smallPlanTask(), doneTeamTask()].flatMap((task) =>
          teamText.teamLines(task, { ...known, team: partialTeam() }),
        ),
    },
  },
  "src/words/plan-words.ts": {
    module: plans,
    says: {
      nodeWords: () => Object.values(plans.nodeWords),
      nodeIcons: () => Object.values(plans.nodeIcons).filter((icon) => icon !== ""),
      planHeading: () => [plans.planHeading("p3fa81c", inMarkdown)],
      planSize: () => [
        plans.planSize(proposedView),
        plans.planSize({ ...proposedView, longest: 1, budget: undefined } as never),
      ],
      howToDecideOnPlan: () => [plans.howToDecideOnPlan("p3fa81c", inMarkdown)],
      ifNotDone: () => (["skip", "stop", "retry"] as const).map((onFailure) => plans.ifNotDone({ onFailure })),
      teamStanding: () =>
        [...planViews, ...(["managing", "finishing"] as const).map((state) => teamView({ state }))].map(
          plans.teamStanding,
        ),
      teamUse: () => [plans.teamUse({ use: "low" }), plans.teamUse({ use: "spent" }), plans.teamUse({})],
      approvedBecause: () => [plans.approvedBecause("small"), plans.approvedBecause(undefined)],
      aloneWords: () => [plans.aloneWords("It is one file", inMarkdown), plans.aloneWords(HOSTILE, inMarkdown)],
      nodeCost: () => teamView().nodes.map(plans.nodeCost),
      madeSoFar: () =>
        [[], ["src/a.js"], [HOSTILE, "b"]].map((conflicts) =>
          plans.madeSoFar({ commits: 1, files: 3, conflicts }, (path) => inMarkdown.code(path, 80)),
        ),
      outsideWords: () =>
        [["src/a.js"], [..."abcdef"], []].map((outside) =>
          plans.outsideWords({ ...(partialView.nodes[0] as NodeView), outside }, inMarkdown),
        ),
      teamFacts: () => plans.teamFacts(partialView),
      planEventWords: () =>
        PLAN_EVENTS.flatMap((what) => [
          plans.planEventWords({ at: now, what }, inMarkdown),
          plans.planEventWords({ at: now, what, node: "sum", text: HOSTILE }, inMarkdown),
        ]),
      missingWords: () => [plans.missingWords(missing, inMarkdown)],
      missingLine: () => [plans.missingLine(missing, inMarkdown), plans.missingLine(missing.slice(1), inMarkdown)],
      nodeLine: () => planViews.flatMap(({ nodes }) => nodes.map((node) => plans.nodeLine(node, now, inMarkdown))),
    },
  },
  "src/words/proposal-words.ts": {
    module: proposals,
    says: {
      howToDecide: () => [proposals.howToDecide("p3fa81c", inMarkdown)],
      proposalTitles: () => Object.values(proposals.proposalTitles),
      proposalHeading: () => [proposals.proposalHeading("p3fa81c", inMarkdown)],
      madeOn: () => [proposals.madeOn(proposal.baseSha, inMarkdown)],
    },
  },
  "src/words/schedule-words.ts": {
    module: schedules,
    says: {
      issueTitle: () => [schedules.issueTitle("nightly")],
      issueBody: () => [schedules.issueBody("nightly")],
      UNUSABLE_FILE: () => [schedules.UNUSABLE_FILE],
      unusableFile: () => [schedules.unusableFile(".github/orch.yml, line 3: cron has five fields")],
      skippedFor: () => [schedules.skippedFor("nightly", skips.task_open)],
      skipWords: () => Object.values(skips).map((reason) => schedules.skipWords(reason, inMarkdown)),
    },
  },
  "src/words/github-words.ts": {
    module: github,
    says: {
      budgetWords: () => budgets.map((budget) => github.budgetWords(budget, now)),
      stalledWords: () =>
        ["archived", "suspended", "installation_gone", "gone", "locked", "forbidden", "invalid"].map((why) =>
          github.stalledWords(settledTask(outcomes.no_changes), { why, since: now - 60_000, looks: 2 }, now),
        ),
      stalledTitle: () => [github.stalledTitle(1), github.stalledTitle(2)],
    },
  },
  "src/words/ci-words.ts": {
    module: ci,
    says: {
      ciWord: () => [ci.ciWord({ said: "green" }), ci.ciWord({ said: "red" }), ci.ciWord({}), ci.ciWord(undefined)],
    },
  },
  "src/words/need-words.ts": {
    module: need,
    says: {
      needWords: () => Object.values(needs).flatMap((each) => each.map((one) => need.needWords(one, now, inMarkdown))),
    },
  },
  "src/words/next-step.ts": {
    module: next,
    says: { nextStep: () => [...whys, ...settledWhys].map((each) => next.nextStep(each, inMarkdown)) },
  },
  "src/words/ways-again.ts": {
    module: ways,
    says: {
      byComment: () =>
        allOrigins.flatMap((from) =>
          Object.values(ways.byComment({ origin: from, id: "tabcdefghijklmno" }, inMarkdown)),
        ),
      byButton: () => allOrigins.flatMap((from) => Object.values(ways.byButton({ origin: from }))),
    },
  },
  "src/words/hidden-words.ts": {
    module: hiddenWords,
    says: {
      ONLY_WITH_HIDDEN: () => [hiddenWords.ONLY_WITH_HIDDEN],
      onlyWithHidden: () => [hiddenWords.onlyWithHidden(hidden, inMarkdown)],
    },
  },
  "src/words/origin-words.ts": {
    module: origin,
    says: {
      askedBy: () =>
        allOrigins.map((each) => origin.askedBy(queuedTask({ origin: each }).spec, "https://github.test", 7)),
      whoAsked: () =>
        allOrigins.map((each) => origin.whoAsked(taskView(queuedTask({ origin: each }), hosts), inMarkdown)),
      takenBack: () => allOrigins.map((each) => origin.takenBack(each, "maintainer", inMarkdown)),
      ASK_ANEW: () => [origin.ASK_ANEW],
      retryOf: () => [origin.retryOf("tabcdefghijklmno")],
      askAgain: () => allOrigins.map((each) => origin.askAgain(each, "tabcdefghijklmno", inMarkdown)),
      askAgainKnowing: () => allOrigins.map((each) => origin.askAgainKnowing(each, "tabcdefghijklmno", inMarkdown)),
    },
  },
  "src/words/spent-words.ts": {
    module: spent,
    says: {
      spentWords: () => [used({ inputTokens: 5, outputTokens: 1, costUsd: 0.5 }), used({})].map(spent.spentWords),
      sumWords: () => [
        spent.sumWords({ costUsd: 0.5, isWhole: true }),
        spent.sumWords({ costUsd: 0.5, isWhole: false }),
        spent.sumWords({ costUsd: 0, isWhole: false }),
      ],
    },
  },
  "src/words/limit-words.ts": {
    module: limitWords,
    says: {
      reachedLimit: () => [
        limitWords.reachedLimit({ limit: "memory", used: 2 ** 29, allowed: 2 ** 29 }),
        limitWords.reachedLimit({ limit: "memory", used: 2 ** 29, allowed: 2 ** 28 }),
        limitWords.reachedLimit({ limit: "processes", used: 70, allowed: 64 }),
      ],
      strainWords: () => [limitWords.strainWords(strained)],
      inForceWords: () => [limitWords.inForceWords(inForce)],
      usedOfMachine: () => [limitWords.usedOfMachine({ peakRssBytes: 2 ** 28 }), limitWords.usedOfMachine({})],
    },
  },
  "src/words/stopped-words.ts": {
    module: stopped,
    says: {
      stoppedWork: () =>
        (["total", "silence", "first_output"] as const)
          .map((deadline) => ({ by: "deadline" as const, deadline, afterMs: 3_600_000 }))
          .map((each) => stopped.stoppedWork(each, inMarkdown)),
    },
  },
  "src/words/outcome-words.ts": {
    module: outcomeWords,
    says: {
      evidenceTitles: () => Object.values(outcomeWords.evidenceTitles),
      explanation: () => settledWhys.map((end) => outcomeWords.explanation(end, inMarkdown)),
      wentElsewhere: () => [
        outcomeWords.wentElsewhere({ ...pushed, insteadOf: "feature" }, inMarkdown),
        outcomeWords.wentElsewhere({ ...pushed, insteadOf: "feature", because: "auto_merge" }, inMarkdown),
      ],
      refusedByGitHub: () =>
        (["installation_gone", "suspended", "gone", "archived"] as const).map(outcomeWords.refusedByGitHub),
    },
  },
  "src/words/task-words.ts": {
    module: words,
    says: {
      phaseWords: () => Object.values(words.phaseWords),
      stateWord: () => all.map((task) => words.stateWord(taskView(task, hosts))),
      standing: () => all.map((task) => words.standing(taskView(task, hosts), now)),
      endWords: () => Object.values(words.endWords),
      headline: () => all.map(words.headline),
    },
  },
  "src/words/waiting-words.ts": {
    module: waiting,
    says: {
      lacksRoom: () => [
        waiting.lacksRoom(
          [
            { id: "h1", name: "builder-1", lacks: ["disk"] },
            { id: "h2", lacks: ["disk"] },
          ],
          inMarkdown,
        ),
        waiting.lacksRoom([{ id: "h1", lacks: ["memory", "cpu"] }], inMarkdown),
      ],
      waitsFor: () =>
        [
          ...Object.values(waitingReasons),
          { for: "agent" as const, until: now },
          { for: "agent" as const, host: "h1", until: now },
        ].map((each) => waiting.waitsFor(each, inMarkdown)),
      waitedInVain: () =>
        [...Object.values(waitingReasons).map((each) => [each]), [{ for: "agent" as const, until: now }], []].map(
          (each) => waiting.waitedInVain(each, 3600_000, inMarkdown),
        ),
    },
  },
  "src/words/routing-words.ts": {
    module: routing,
    says: { routingWords: () => routings.map((each) => routing.routingWords(each, inMarkdown)) },
  },
  "src/words/why-words.ts": {
    module: whyWords,
    says: {
      whyWords: () => [...whys, ...withDeadlines].map((each) => whyWords.whyWords(each, now, inMarkdown).join("\n")),
      runWords: () =>
        [run, { ...run, endedAt: now, end: "lost" as const, progress: {} }].map((each) =>
          whyWords.runWords(runView(each, hosts), now, inMarkdown),
        ),
    },
  },
};
