/**
 * A team's plan as people are shown it: its nodes, each with how far it is, which the tasks of its tries say, and what the team had to do
 * with. A plan that is only proposed is shown in the same form. Pure; every text in it is an agent's, on one bounded line. Times are Unix ms.
 */
import type { Plan, PlanEvent, PlanNode } from "../task/plan.ts";
import { longestChain } from "../task/plan-graph.ts";
import type { NodeSpec, PlanProposal } from "../task/plan-proposal.ts";
import { isForPerson, openQuestions, questionOf } from "../task/question.ts";
import { progressOf, type Task } from "../task/task.ts";
import type { WaitingReason } from "../task/waiting.ts";
import { type Amounts, sumOf } from "../text/budget.ts";
import { bare } from "../text/quote.ts";
import { type AskedView, askedView } from "./asked-view.ts";
import { nodeBasics, proposedNode } from "./proposed-node.ts";
import { type QuestionView, questionView } from "./question-view.ts";
import { type Spent, spentOn } from "./spent.ts";
import { type HostName, hostName, type NamedHosts, type TaskView, taskView } from "./task-view.ts";

/** How far a node is. Those from `queued` to `blocked` are of one that is being worked on. */
export type NodeHow =
  | "proposed"
  | "waiting"
  | "queued"
  | "preparing"
  | "working"
  | "verifying"
  | "merging"
  | "asks"
  | "calls"
  | "limited"
  | "blocked"
  | "merged"
  | "failed"
  | "skipped"
  | "cancelled"
  | "superseded";

export type NodeView = {
  id: string;
  title: string;
  /** In lines. */
  instruction: string;
  role: string;
  scope: string[];
  shared: boolean;
  after: string[];
  deliverable: string;
  check: string;
  /** Files that its agent is given to read. */
  reads: string[];
  /** Those that run beside its agent. */
  servers: string[];
  /** What is to become of it when it cannot be done. */
  onFailure: NodeSpec["onFailure"];
  budget?: Amounts;
  how: NodeHow;
  /** Why it failed or was left out. */
  why?: string;
  tries: number;
  /** Of its latest try. */
  task?: TaskView;
  /** What its agent asks and nobody has answered. */
  asks: QuestionView[];
  /** How many of what its agents asked were answered. */
  answered: number;
  /** Of all its tries. */
  spent: Spent;
  /** What its agent had made when its host looked last; `conflicts`: files in which that does not fit what is merged. */
  soFar?: { commits: number; files: number; conflicts: string[] };
  /** Files that it changed and that are not in its scope. */
  outside: string[];
  /** The commit as which it was merged; none of one that had nothing to change. */
  sha?: string;
};

export type PlanView = {
  goal: string;
  state: "proposed" | Plan["state"];
  revision: number;
  nodes: NodeView[];
  /** The host that keeps its work, once that is approved. */
  home?: HostName;
  /** Nodes that may work at the same time, where that is known. */
  width?: number;
  /** Of the longest chain, how many nodes. */
  longest: number;
  /** What its nodes may use together; missing where one does not say. */
  budget?: Amounts;
  /** Of what its nodes may use together: most is used, or all, so that nothing more begins. */
  use?: "low" | "spent";
  /** A change of it about which a person is to decide. */
  asked?: AskedView;
  /** What planner and manager used. */
  lead: Spent;
  managerRuns: number;
  /** Of a plan that was approved, oldest first. */
  events: { at: number; what: PlanEvent["what"]; node?: string; text?: string }[];
  /** What the team had to do with. */
  met: { messages: number; conflicts: number; blockers: number; tries: number; hostsLost: number };
};

/** A team's plan, with the tasks of its nodes, as far as they are known. */
export type Team = { plan: Plan; tasks: readonly Task[] };

export function proposedPlanView({ goal, nodes }: PlanProposal, lead: Task): PlanView {
  return {
    ...wholeOf(goal, nodes),
    state: "proposed",
    revision: 0,
    nodes: nodes.map(proposedNode),
    lead: spentOn([lead]),
    managerRuns: 0,
    events: [],
    met: { messages: 0, conflicts: 0, blockers: 0, tries: 0, hostsLost: 0 },
  };
}

export function planView({ plan, tasks }: Team, lead: Task, hosts: NamedHosts = []): PlanView {
  const byId = new Map(tasks.map((task) => [task.spec.id, task]));
  return {
    ...wholeOf(plan.goal, plan.nodes),
    state: plan.state,
    revision: plan.revision,
    nodes: plan.nodes.map((node) => nodeView(node, byId, hosts)),
    ...(plan.home !== undefined && { home: hostName(plan.home, hosts) }),
    width: plan.caps.width,
    ...(plan.spent ? { use: "spent" } : plan.low ? { use: "low" } : {}),
    ...askedView(plan),
    lead: spentOn([lead]),
    managerRuns: plan.managerRuns,
    events: plan.events.map(eventView),
    met: metBy(plan, tasks, lead),
  };
}

const wholeOf = (goal: string, nodes: readonly NodeSpec[]): Pick<PlanView, "goal" | "longest" | "budget"> => ({
  goal: bare(goal, 1_500),
  longest: longestChain(nodes),
  ...(nodes.every(({ budget }) => budget) && { budget: sumOf(nodes.flatMap(({ budget }) => budget ?? [])) }),
});

function nodeView(node: PlanNode, tasks: ReadonlyMap<string, Task>, hosts: NamedHosts): NodeView {
  const known = node.tries.flatMap(({ task }) => tasks.get(task) ?? []);
  const latest = tasks.get(node.tries.at(-1)?.task ?? "");
  const { state } = node;
  const why = state.name === "failed" ? state.reason : state.name === "skipped" ? state.because : undefined;
  return {
    ...nodeBasics(node),
    how: howOf(node, latest),
    ...(why !== undefined && { why: bare(why, 300) }),
    tries: node.tries.length,
    ...(latest && { task: taskView(latest, hosts) }),
    asks: state.name === "started" && latest ? openQuestions(latest).filter(isForPerson).map(questionView) : [],
    answered: known.flatMap(({ questions = [] }) => questions).filter(({ answer }) => answer).length,
    ...soFarOf(latest),
    outside: outsideOf(latest),
    spent: spentOn(known),
    ...(state.name === "merged" && state.sha !== undefined && { sha: bare(state.sha, 64) }),
  };
}

function outsideOf(task: Task | undefined): string[] {
  if (task?.state.name !== "settled" || task.state.outcome.kind !== "merged") return [];
  return (task.state.outcome.outside ?? []).map((path) => bare(path, 200));
}

/** While its agent works: what became of it is told after that. */
function soFarOf(task: Task | undefined): Pick<NodeView, "soFar"> {
  const made = task?.state.name === "running" ? progressOf(task).checkIn : undefined;
  if (!made) return {};
  const { commits, files, conflicts } = made;
  return { soFar: { commits, files, conflicts: conflicts.map((path) => bare(path, 200)) } };
}

function howOf({ state }: PlanNode, task: Task | undefined): NodeHow {
  if (state.name !== "started") return state.name;
  if (!task) return "queued";
  switch (task.state.name) {
    case "waiting":
      return waitingHow(task, task.state.reasons);
    case "queued":
      return "queued";
    case "running":
      return task.state.phase === "publishing" ? "merging" : task.state.phase;
    case "settled":
      return task.state.outcome.kind === "merged" ? "merging" : "waiting";
  }
}

function waitingHow(task: Task, reasons: readonly WaitingReason[]): NodeHow {
  const asked = reasons.flatMap((reason) => (reason.for === "answer" ? (questionOf(task, reason.question) ?? []) : []));
  if (asked.some(({ blocker }) => blocker)) return "blocked";
  if (asked.length > 0) return asked.some(isForPerson) ? "asks" : "calls";
  return reasons.some((reason) => reason.for === "limit" || reason.for === "budget") ? "limited" : "queued";
}

const eventView = ({ at, what, node, text }: PlanEvent): PlanView["events"][number] => ({
  ...{ at, what },
  ...(node !== undefined && { node: bare(node, 40) }),
  ...(text !== undefined && { text: bare(text, 200) }),
});

function metBy({ nodes, events }: Plan, tasks: readonly Task[], lead: Task): PlanView["met"] {
  const of = (kind: PlanEvent["what"]) => events.filter(({ what }) => what === kind).length;
  return {
    messages: of("message"),
    conflicts: tasks.flatMap(({ runs }) => runs).reduce((sum, { progress }) => sum + (progress.conflicts ?? 0), 0),
    blockers: of("woken"),
    tries: nodes.reduce((sum, { tries }) => sum + Math.max(0, tries.length - 1), 0),
    hostsLost: [lead, ...tasks].reduce((sum, { crashes }) => sum + crashes.length, 0),
  };
}
