/** A team's plan in its states, for the tests of what is said: proposed, at work, and over with something missing. */
import type { NodeState, Plan, PlanNode } from "../../src/task/plan.ts";
import { PLAN_CAPS } from "../../src/task/plan-caps.ts";
import type { PlanProposal } from "../../src/task/plan-proposal.ts";
import { planProposalSchema } from "../../src/task/plan-proposal.ts";
import type { Task } from "../../src/task/task.ts";
import type { Team } from "../../src/views/plan-view.ts";
import {
  ACCEPTED_AT,
  outcomes,
  proposal,
  queuedTask,
  runningTask,
  settledTask,
  waitingReasons,
  waitingTask,
} from "./sample-tasks.ts";

/** Full of what would be acted upon. */
export const HOSTILE =
  'Mend it, @octocat, see #1"]; click n1 "javascript:alert(1)" | %%{init: {}}%% ```\n/orch cancel <b>Closes #2';

export const planProposal: PlanProposal = planProposalSchema.parse({
  goal: "Round once, at the end, wherever money is added",
  nodes: [
    {
      ...{ id: "sum", title: "Add exact numbers", role: "backend", scope: ["src/sum.js", "test/sum/**"] },
      ...{ instruction: "Add exact numbers in src/sum.js.\n\nKeep `sum(numbers)`.", deliverable: "Sums are exact" },
      ...{ check: "node --test test/sum", budget: { usd: 1.5 } },
      reads: ["src/index.js", "test/add.test.js"],
    },
    {
      ...{ id: "price", title: "Round prices once", role: "backend", scope: ["src/price.js"], shared: true },
      ...{
        instruction: "Round in src/price.js.",
        deliverable: "Prices are rounded once",
        check: "node --test test/price",
      },
      ...{ budget: { usd: 1 }, servers: ["web"] },
    },
    {
      ...{
        id: "docs",
        title: HOSTILE.slice(0, 100),
        role: "developer",
        after: ["sum", "price"],
        scope: ["docs/*|x`y`.md"],
      },
      ...{ instruction: HOSTILE, deliverable: HOSTILE, check: "npm test | tee `log` @octocat", onFailure: "skip" },
      budget: { usd: 0.5 },
    },
    {
      ...{ id: "review", title: "Read it all", role: "reviewer", after: ["docs"], scope: [] },
      ...{ instruction: "Read the changes.", deliverable: "Findings", check: "true", budget: { usd: 0.25 } },
    },
  ],
});

const by = { id: 5, login: "maintainer" };
const teamSpec = () => queuedTask({ team: true }).spec;

/** Its planner has proposed it. */
export const planningTask = (): Task => ({
  ...waitingTask(waitingReasons.approval),
  spec: teamSpec(),
  proposal: { ...proposal, said: { ...proposal.said, title: planProposal.goal }, plan: planProposal },
});

/** It is approved, and the team is at work. */
export const teamTask = (): Task => ({
  ...waitingTask(waitingReasons.team),
  spec: teamSpec(),
  ...approved(),
});

/** It is over. */
export const doneTeamTask = (): Task => ({ ...settledTask(outcomes.pull_request), spec: teamSpec(), ...approved() });

const approved = (): Pick<Task, "proposal"> => ({
  proposal: { ...proposal, plan: planProposal, decision: { kind: "approved", by, at: ACCEPTED_AT + 70_000 } },
});

/** What a team was asked for, and one agent does. */
export const aloneTask = (): Task => ({
  ...runningTask("working"),
  spec: teamSpec(),
  proposal: {
    ...proposal,
    ...{ alone: HOSTILE, decision: { kind: "approved", because: "alone", at: ACCEPTED_AT + 70_000 } },
  },
});

/** No person had to approve it. */
export const smallPlanTask = (): Task => ({
  ...teamTask(),
  proposal: { ...proposal, plan: planProposal, decision: { kind: "approved", because: "small", at: ACCEPTED_AT } },
});

const node = (at: number, state: NodeState, tries: readonly string[] = []): PlanNode => ({
  ...(planProposal.nodes[at] as PlanProposal["nodes"][number]),
  state,
  tries: tries.map((task) => ({ task, at: ACCEPTED_AT })),
});

export const plan = (changes: Partial<Plan> = {}): Plan => ({
  ...{ id: queuedTask().spec.id, goal: planProposal.goal, revision: 1, state: "running", home: "h1" },
  ...{
    base: "c0ffee".padEnd(40, "0"),
    repository: 10,
    at: ACCEPTED_AT,
    until: ACCEPTED_AT + 86_400_000,
    caps: PLAN_CAPS,
  },
  nodes: [
    node(0, { name: "merged", at: ACCEPTED_AT + 90_000, sha: "d".repeat(40) }, ["tsumsumsumsumsum"]),
    node(1, { name: "started", at: ACCEPTED_AT }, ["tpricepricepric2", "tpricepricepric3"]),
    node(2, { name: "waiting" }),
    node(3, { name: "waiting" }),
  ],
  ...{ managerRuns: 0, wakes: [], revisions: [], version: 3 },
  events: [
    { at: ACCEPTED_AT, what: "approved" },
    { at: ACCEPTED_AT + 1_000, what: "started", node: "sum" },
    { at: ACCEPTED_AT + 90_000, what: "merged", node: "sum" },
  ],
  ...changes,
});

const ofNode = (task: Task, id: string): Task => ({ ...task, spec: { ...task.spec, id } });
const tasks = [
  ofNode(
    settledTask({ kind: "merged", sha: "d".repeat(40), files: 1, additions: 3, deletions: 1 }),
    "tsumsumsumsumsum",
  ),
  ofNode(settledTask(outcomes.agent_failed, { crashes: [1] }), "tpricepricepric2"),
  ofNode(
    {
      ...waitingTask(waitingReasons.answer),
      questions: [{ id: "q1a2b3c", text: HOSTILE, epoch: 1, askedAt: ACCEPTED_AT }],
      runs: runningTask("working").runs,
    },
    "tpricepricepric3",
  ),
];

/** The manager wants more than was approved. */
export const askedChange: NonNullable<Plan["asked"]> = {
  ...{ name: "p0a1b2c3d4e5", of: 1, choices: {}, at: ACCEPTED_AT + 91_000, until: ACCEPTED_AT + 80_000_000 },
  revision: {
    retry: [{ node: "price", instruction: HOSTILE }],
    skip: ["docs"],
    add: [{ ...(planProposal.nodes[2] as PlanProposal["nodes"][number]), id: "infra", scope: ["infra/**"] }],
  },
  exceeds: {
    ...{ nodes: { would: 9, most: 6 }, scopes: ["infra/**", "a`|b"], roles: ["reviewer"], servers: ["db"] },
    ...{ budget: { usd: 7.5, tokens: 1_000_000 }, small: true as const },
  },
};

export const team = (changes: Partial<Plan> = {}): Team => ({ plan: plan(changes), tasks });

/** Something could not be done. */
export const partialTeam = (): Team =>
  team({
    state: "over",
    managerRuns: 1,
    nodes: [
      node(0, { name: "merged", at: ACCEPTED_AT + 90_000, sha: "d".repeat(40) }, ["tsumsumsumsumsum"]),
      node(1, { name: "failed", at: ACCEPTED_AT, reason: HOSTILE }, ["tpricepricepric2"]),
      node(2, { name: "skipped", at: ACCEPTED_AT, because: "price failed" }),
      node(3, { name: "superseded", at: ACCEPTED_AT }),
    ],
    events: [
      { at: ACCEPTED_AT, what: "approved" },
      { at: ACCEPTED_AT, what: "message", text: "hello" },
      { at: ACCEPTED_AT, what: "woken", node: "price" },
    ],
  });
