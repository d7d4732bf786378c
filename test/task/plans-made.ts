/** Plans and nodes as tests need them. */

import type { Outcome } from "../../src/task/outcome.ts";
import type { Plan, PlanNode } from "../../src/task/plan.ts";
import { PLAN_CAPS } from "../../src/task/plan-caps.ts";
import type { NodeSpec } from "../../src/task/plan-proposal.ts";
import type { Task } from "../../src/task/task.ts";
import { makeSpec } from "../support/task-spec.ts";

export const T0 = 1_700_000_000_000;
const TEAM = "tbbbbbbbbbbbbbbb";

export const nodeSpec = (id: string, changes: Partial<NodeSpec> = {}): NodeSpec => ({
  id,
  title: `Do ${id}`,
  instruction: `Do what ${id} says.`,
  role: "developer",
  after: [],
  scope: [`${id}/**`],
  deliverable: `${id} is there`,
  check: "npm test",
  onFailure: "retry",
  ...changes,
});

export const planNode = (id: string, changes: Partial<PlanNode> = {}): PlanNode => ({
  ...nodeSpec(id),
  state: { name: "waiting" },
  tries: [],
  ...changes,
});

export const makePlan = (nodes: PlanNode[], changes: Partial<Plan> = {}): Plan => ({
  id: TEAM,
  goal: "Prices everywhere",
  revision: 1,
  state: "running",
  home: "h1",
  base: "a".repeat(40),
  repository: 1,
  at: T0,
  until: T0 + 7 * 24 * 3600_000,
  caps: PLAN_CAPS,
  nodes,
  managerRuns: 0,
  wakes: [],
  revisions: [],
  events: [],
  version: 1,
  ...changes,
});

/** The team's task while its nodes are worked on. */
export const teamTask = (epoch = 1, state: Task["state"] = waitingForTeam): Pick<Task, "state" | "epoch"> => ({
  state,
  epoch,
});
const waitingForTeam: Task["state"] = {
  name: "waiting",
  since: T0,
  reasons: [{ for: "team", until: T0 + 7 * 24 * 3600_000 }],
};

export const MERGED: Outcome = { kind: "merged", sha: "c".repeat(40), files: 1, additions: 1, deletions: 0 };
const broken = (outputTail: string): Outcome => ({
  kind: "verify_failed",
  verification: { command: "npm test", exitCode: 1, rounds: 2, outputTail },
  lastWords: "",
});
export const BROKEN = broken("The sum is wrong.");
/** What no further try would mend: its manager is called at once. */
export const CONFLICTED: Outcome = { kind: "agent_failed", reason: "conflict", message: "src/a.ts", lastLines: "" };
/** A different failure. */
export const ANOTHER = broken("The price is wrong.");

/** A node's task. `end`: its outcome; none: a host works on it. */
export function taskOfNode(id: string, end?: Outcome): Task {
  const run = { number: 1, host: "h1", startedAt: T0, progress: { agent: "claude" } };
  const running = { phase: "working" as const, host: "h1", claim: "c", job: "j", since: T0, phaseSince: T0 };
  const state: Task["state"] = end ? { name: "settled", outcome: end, at: T0 } : { name: "running", ...running };
  return { spec: { ...makeSpec(), id }, state, epoch: 1, version: 1, crashes: [], runs: [run] };
}
