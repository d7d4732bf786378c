/** Tasks in every state that people are told of, for the tests of what is said. */

import type { Surroundings } from "../../src/report/facts.ts";
import type { RunLimits } from "../../src/task/deadlines.ts";
import type { Outcome } from "../../src/task/outcome.ts";
import type { Progress, Verification } from "../../src/task/progress.ts";
import type { Proposal } from "../../src/task/proposal.ts";
import type { Phase, Pushed, Task, TaskRun } from "../../src/task/task.ts";
import type { Target } from "../../src/task/task-spec.ts";
import type { WaitingReason } from "../../src/task/waiting.ts";

export const ACCEPTED_AT = Date.UTC(2026, 0, 2, 3, 4, 5);
export const PULL_TARGET: Target = {
  kind: "pull",
  defaultBranch: "main",
  headRef: "feature",
  headSha: "a".repeat(40),
  baseRef: "main",
};

export const around: Surroundings = {
  now: ACCEPTED_AT + 123_000,
  webUrl: "https://github.example",
  hosts: [
    {
      id: "h1",
      place: "p1",
      name: "builder-1",
      version: "0.1.0",
      pid: 1,
      slots: 2,
      sandbox: "bwrap",
      agents: ["scripted"],
      defaultAgent: "scripted",
      draining: false,
      startedAt: ACCEPTED_AT,
      lastBeat: ACCEPTED_AT,
      alive: true,
    },
  ],
};

/** What a host gives each part of a run. */
export const limits: RunLimits = {
  preparingMinutes: 10,
  setupMinutes: 10,
  firstOutputMinutes: 5,
  silenceMinutes: 15,
  totalMinutes: 60,
  verifyMinutes: 20,
  publishingMinutes: 25,
};

export const progress: Progress = {
  agent: "scripted",
  model: "model-1",
  sandbox: "bwrap",
  sessionId: "session-1",
  inputTokens: 12_345,
  outputTokens: 678,
  costUsd: 0.1234,
  lastLines: "Reading test/sum.test.js\nThe sum is off by one.",
};

export const verification: Verification = {
  command: "npm test",
  exitCode: 0,
  rounds: 2,
  outputTail: "3 passed",
};

export const pushed: Pushed = {
  branch: "orch/7-fix-the-failing-tests-tabcdefg",
  sha: "b".repeat(40),
  base: "main",
  files: 1,
  additions: 10,
  deletions: 2,
  commits: 2,
};

export function queuedTask(changes: Partial<Task["spec"]> = {}): Task {
  return {
    spec: {
      id: "tabcdefghijklmno",
      installationId: 1,
      repository: { id: 10, owner: "octo-org", name: "sample" },
      number: 7,
      title: "Sum is wrong",
      target: { kind: "issue", defaultBranch: "main" },
      origin: {
        kind: "comment",
        id: 70,
        line: 1,
        url: "https://github.example/octo-org/sample/issues/7#issuecomment-70",
      },
      conversation: 7,
      actor: { id: 5, login: "maintainer" },
      instruction: "fix the failing tests",
      requestedAt: ACCEPTED_AT,
      acceptedAt: ACCEPTED_AT,
      ...changes,
    },
    state: { name: "queued", since: ACCEPTED_AT },
    epoch: 0,
    version: 1,
    crashes: [],
    runs: [],
  };
}

export function waitingTask(...reasons: WaitingReason[]): Task {
  return { ...queuedTask(), state: { name: "waiting", since: ACCEPTED_AT, reasons } };
}

export const proposal: Proposal = {
  name: "p3fa81c",
  epoch: 1,
  baseSha: "c0ffee".padEnd(40, "0"),
  said: {
    title: "Round once, at the end",
    summary:
      "I would change `src/sum.js` so that it adds the exact numbers and rounds the sum.\n\n/orch cancel, says @everyone.",
    decisions: ["Keep the public function"],
    interfaces: ["`sum(numbers)` stays"],
    followUps: ["Round prices in `src/price.js` as well"],
  },
  files: ["src/sum.js", "src/price.js"],
  at: ACCEPTED_AT + 60_000,
};

/** Its agent has proposed something, and waits for a person. */
export const proposingTask = (): Task => ({
  ...waitingTask(waitingReasons.approval),
  spec: { ...queuedTask().spec, plan: true },
  proposal,
});

/** One of every kind; the record makes the compiler ask for a new one. */
export const waitingReasons: { [For in WaitingReason["for"]]: Extract<WaitingReason, { for: For }> } = {
  task: { for: "task", task: "taaaaaaaaaaaaaaa", until: ACCEPTED_AT + 7 * 24 * 3600_000 },
  agent: { for: "agent", agent: "claude", until: ACCEPTED_AT + 24 * 3600_000 },
  limit: {
    for: "limit",
    agent: "claude",
    why: "usage_limit",
    since: ACCEPTED_AT,
    at: ACCEPTED_AT + 3600_000,
    left: 3600_000,
    host: "h1",
    until: ACCEPTED_AT + 25 * 3600_000,
  },
  team: { for: "team", until: ACCEPTED_AT + 7 * 24 * 3600_000 },
  approval: { for: "approval", proposal: "p3fa81c", until: ACCEPTED_AT + 7 * 24 * 3600_000 },
  budget: { for: "budget", of: "day", unit: "usd", until: ACCEPTED_AT + 7 * 24 * 3600_000 },
  answer: { for: "answer", question: "q1a2b3c", onNoAnswer: "go_on", until: ACCEPTED_AT + 24 * 3600_000 },
};

/** `shown`: what its one run has to show. */
type Changes = Partial<Task> & { progress?: Progress };

const oneRun = (shown: Progress): TaskRun[] => [
  { number: 1, host: "h1", startedAt: ACCEPTED_AT + 3_000, progress: shown },
];

export function runningTask(phase: Phase, { progress: shown = progress, ...changes }: Changes = {}): Task {
  const since = ACCEPTED_AT + 3_000;
  const state = { name: "running" as const, phase, host: "h1", claim: "c1", job: "job-1", since, phaseSince: since };
  return { ...queuedTask(), state, epoch: 1, version: 3, runs: oneRun(shown), ...changes };
}

export function settledTask(outcome: Outcome, { progress: shown = progress, ...changes }: Changes = {}): Task {
  const state = { name: "settled" as const, outcome, at: ACCEPTED_AT + 123_000 };
  return { ...queuedTask(), state, epoch: 1, version: 9, runs: oneRun(shown), ...changes };
}

/** One of every kind; the record makes the compiler ask for a new one. */
export const outcomes: { [Kind in Outcome["kind"]]: Extract<Outcome, { kind: Kind }> } = {
  pull_request: { kind: "pull_request", number: 8, url: "https://github.example/octo-org/sample/pull/8" },
  merged: { kind: "merged", sha: "c".repeat(40), files: 3, additions: 40, deletions: 2 },
  reviewed: { kind: "reviewed", findings: 2, sha: "d".repeat(40) },
  no_changes: { kind: "no_changes", lastWords: "Nothing to do." },
  agent_failed: {
    kind: "agent_failed",
    reason: "crash",
    message: "It threw.",
    exitCode: 1,
    lastLines: "Error: boom",
  },
  verify_failed: {
    kind: "verify_failed",
    verification: { ...verification, exitCode: 1, outputTail: "1 failed" },
    lastWords: "It should work now.",
  },
  timed_out: { kind: "timed_out", deadline: "silence", afterMs: 600_000, lastLines: "Compiling" },
  out_of_budget: { kind: "out_of_budget", message: "50 turns were not enough.", lastLines: "Turn 50" },
  over_limit: {
    kind: "over_limit",
    limit: "memory",
    used: 768 * 1024 ** 2,
    allowed: 768 * 1024 ** 2,
    lastLines: "I will build everything at once.",
  },
  stalled: { kind: "stalled", call: "Bash npm test", times: 5, lastLines: "I will run the tests again." },
  cancelled: { kind: "cancelled", reason: { kind: "command", by: "maintainer" } },
  refused: { kind: "refused", reason: "The branch feature is gone." },
  host_error: { kind: "host_error", message: "The disk is full." },
};
