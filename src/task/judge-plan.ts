/**
 * What becomes of a plan: the one function that decides it. Nodes whose tries are over are merged, tried again or given up; what can
 * never start is left out in the same step; what may start does; what the nodes cannot solve wakes the manager; and when nothing is left
 * to do the plan is to be finished. Nothing that cannot move goes unnoticed. Pure: whoever asks writes the answer, and then makes
 * the tasks of the nodes that are `started`.
 *
 * Started are nodes whose predecessors are all merged (or left out on purpose), as long as the plan's width allows, and whose scope meets
 * that of no other node at work.
 */
import { afterTry, nextChoice } from "./after-try.ts";
import { askedAboutStopped } from "./ask-about-stopped.ts";
import { withoutLapsed } from "./decide-asked.ts";
import { hasRoom, isHopeless, mayStart } from "./may-start.ts";
import {
  currentTry,
  isNodeOver,
  type NodeState,
  nodeOf,
  openAsked,
  openTry,
  type Plan,
  type PlanEventKind,
  type PlanNode,
  type Try,
  withEvent,
  withWake,
} from "./plan.ts";
import type { Task } from "./task.ts";
import { taskIdOf } from "./task-id.ts";
import { isForPlan } from "./waiting.ts";

/**
 * `team`: the team's task. `tasks`: those of the nodes' tries that are open, by id; `absent`: nobody has made it. `low`: most of
 * what the nodes may use is used. `now`: Unix ms.
 */
export type Around = {
  team: Pick<Task, "state" | "epoch" | "cancel">;
  tasks: ReadonlyMap<string, Task | "absent">;
  low?: true;
  now: number;
};

/** Each step may open the way for the ones before it; far fewer rounds are ever needed. */
const MAX_ROUNDS = 8;

/** Undefined when nothing becomes of it for now. */
export function judgePlan(plan: Plan, around: Around): Plan | undefined {
  if (plan.state === "over") return undefined;
  let judged = plan;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const before = judged;
    for (const step of STEPS) judged = step(judged, around);
    if (judged === before) break;
  }
  return judged === plan ? undefined : judged;
}

/** When there may be something to decide though nothing happens, Unix ms. */
export const nextLook = (plan: Plan): number =>
  Math.min(
    ...[plan.until, openAsked(plan)?.until ?? plan.until],
    ...plan.nodes.flatMap(({ state }) => (state.name === "waiting" && state.from ? [state.from] : [])),
  );

/** The plan of a team whose task is over: nothing of it goes on. */
export function closePlan(plan: Plan, now: number): Plan | undefined {
  if (plan.state === "over") return undefined;
  const nodes = plan.nodes.map((node) => (isNodeOver(node) ? node : { ...node, state: cancelledAt(now) }));
  const closed: Plan = { ...plan, nodes, wakes: [], state: "over" };
  return withEvent(closed, { at: now, what: "over" });
}

const cancelledAt = (at: number): NodeState => ({ name: "cancelled", at });

type Step = (plan: Plan, around: Around) => Plan;

const STEPS: readonly Step[] = [
  manage,
  settle,
  lapse,
  askPerson,
  expire,
  warn,
  spare,
  wake,
  cascade,
  start,
  findStuck,
  wake,
  finish,
];

/** The manager's run is over when the team's task waits for the plan again, under a later number. */
function manage(plan: Plan, { team }: Around): Plan {
  if (plan.state !== "managing" || !plan.managed || team.state.name !== "waiting") return plan;
  const isBack = team.epoch > plan.managed.after && team.state.reasons.every(isForPlan);
  return isBack ? { ...plan, state: "running" } : plan;
}

function settle(plan: Plan, { tasks, now }: Around): Plan {
  let next = plan;
  for (const { id } of plan.nodes) {
    const node = nodeOf(next, id);
    const task = node && tasks.get(openTry(node)?.task ?? "");
    if (!node || !task) continue;
    if (task === "absent") next = node.state.name === "started" ? next : withEnd(next, node, "cancelled");
    else if (task.state.name === "settled") next = settleOne(next, node, task, now);
  }
  return next;
}

/** Nothing comes of its last try any more. */
function withEnd(plan: Plan, node: PlanNode, end: string): Plan {
  const last = currentTry(node)?.task;
  return changeNode(plan, { ...node, tries: node.tries.map((each) => (each.task === last ? { ...each, end } : each)) });
}

function settleOne(plan: Plan, node: PlanNode, task: Task, now: number): Plan {
  // What a plan goes on without is part of it all the same when its work was merged before it could be stopped.
  const { outcome } = task.state as Extract<Task["state"], { name: "settled" }>;
  if (node.state.name !== "started" && outcome.kind !== "merged") return withEnd(plan, node, outcome.kind);
  const { state, tried, wake: matter, spent, stopped } = afterTry(plan, node, task, now);
  const tries = node.tries.map((each) => (each.task === task.spec.id ? { ...each, ...tried } : each));
  const settled = changeNode(plan, { ...node, state, tries, ...(stopped && { stopped }) });
  const text = state.name === "merged" ? undefined : tried.why;
  const told = withEvent(settled, { ...of(node, EVENTS[state.name], now), task: task.spec.id, ...(text && { text }) });
  const left = spent ? { ...told, spent } : told;
  const id = node.id;
  const key = `${id}:${task.spec.id}`;
  return (matter && withWake(left, { ...matter, key, node: id, task: task.spec.id, at: now })) ?? left;
}

const EVENTS: Record<NodeState["name"], PlanEventKind> = {
  waiting: "tried",
  started: "started",
  merged: "merged",
  failed: "failed",
  skipped: "skipped",
  cancelled: "cancelled",
  superseded: "superseded",
};

const of = ({ id }: PlanNode, what: PlanEventKind, at: number) => ({ at, what, node: id });

const changeNode = (plan: Plan, next: PlanNode): Plan => ({
  ...plan,
  nodes: plan.nodes.map((node) => (node.id === next.id ? next : node)),
});

function askPerson(plan: Plan, { now }: Around): Plan {
  return askedAboutStopped(plan, now);
}

function lapse(plan: Plan, { now }: Around): Plan {
  return withoutLapsed(plan, now);
}

/** What is not done in time is left out; what is being worked on ends (`src/dispatch/team.ts`). */
function expire(plan: Plan, { now }: Around): Plan {
  if (plan.state === "finishing" || now < plan.until || plan.nodes.every(isNodeOver)) return plan;
  const ended: Plan = { ...plan, wakes: [], state: "running" };
  const open = plan.nodes.filter((node) => !isNodeOver(node));
  return open.reduce((next, node) => skip(next, node, "the plan ran out of time", now), ended);
}

/** Told once, by the report of its team's task. */
function warn(plan: Plan, { low, now }: Around): Plan {
  if (!low || plan.low || plan.state === "finishing") return plan;
  return withEvent({ ...plan, low }, { at: now, what: "low" });
}

/** Nothing more may be used: what is at work may end. */
function spare(plan: Plan, { now }: Around): Plan {
  if (!plan.spent) return plan;
  const waiting = plan.nodes.filter(({ state }) => state.name === "waiting");
  return waiting.reduce((next, node) => skip(next, node, "the plan's budget is used up", now), plan);
}

function skip(plan: Plan, node: PlanNode, because: string, at: number): Plan {
  const skipped = changeNode(plan, { ...node, state: { name: "skipped", at, because } });
  return withEvent(skipped, { ...of(node, "skipped", at), text: because });
}

/** One run of the manager sees to all that has come up by then. Where it may run no more, nothing is left to hope for. */
function wake(plan: Plan, { team, now }: Around): Plan {
  if (plan.state !== "running" || plan.wakes.length === 0) return plan;
  const { wakes, revision, managerRuns, caps } = plan;
  if (plan.spent || managerRuns >= caps.managerRuns) return { ...plan, wakes: [] };
  const managed = { after: team.epoch, wakes, revision };
  const woken: Plan = { ...plan, state: "managing", wakes: [], managerRuns: managerRuns + 1, managed };
  const text = wakes.map(({ kind, node }) => (node === undefined ? kind : `${kind} ${node}`)).join(", ");
  return withEvent(woken, { at: now, what: "woken", text });
}

/** A node that stands behind one which is not done and never will be is left out. */
function cascade(plan: Plan, { now }: Around): Plan {
  const node = plan.nodes.find(
    ({ state, after }) => state.name === "waiting" && after.some((id) => isHopeless(plan, id)),
  );
  if (!node) return plan;
  const before = node.after.find((id) => isHopeless(plan, id));
  return cascade(skip(plan, node, `it builds on ${before}`, now), { now } as Around);
}

function start(plan: Plan, around: Around): Plan {
  if (plan.spent || plan.state === "finishing" || around.team.cancel) return plan;
  const ready = plan.nodes.filter((node) => mayStart(plan, node, around.now));
  return ready.reduce(
    (next, node) => (hasRoom(next, node, around.tasks) ? started(next, node, around.now) : next),
    plan,
  );
}

function started(plan: Plan, node: PlanNode, at: number): Plan {
  const nth = node.tries.length + 1;
  const task = taskIdOf(plan.repository, { kind: "node", plan: plan.id, node: node.id, try: nth });
  const next: Try = { task, at, choice: nextChoice(node) };
  const begun = changeNode(plan, { ...node, state: { name: "started", at }, tries: [...node.tries, next] });
  return withEvent(begun, { ...of(node, "started", at), task });
}

/** Nobody works, nothing may start, and not all is over: somebody has to change the plan, or it ends as it is. */
function findStuck(plan: Plan, { team, now }: Around): Plan {
  if (plan.state !== "running" || plan.wakes.length > 0 || team.cancel || openAsked(plan)) return plan;
  const waiting = plan.nodes.filter(({ state }) => state.name === "waiting");
  const isIdle = waiting.length > 0 && plan.nodes.every((node) => node.state.name !== "started" && !openTry(node));
  if (!isIdle || waiting.some(({ state }) => state.name === "waiting" && (state.from ?? 0) > now)) return plan;
  const names = waiting.map(({ id }) => id).join(", ");
  const key = `stuck:${plan.revision}`;
  const isTold = plan.managed?.wakes.some((each) => each.key === key) === true;
  const text = `Nothing of the plan can move: ${names}.`;
  const woken =
    isTold || plan.managerRuns >= plan.caps.managerRuns
      ? undefined
      : withWake(plan, { kind: "stuck", key, text, at: now });
  if (woken) return withEvent(woken, { at: now, what: "stuck", text });
  return waiting.reduce((next, node) => skip(next, node, "nothing that it waits for can happen", now), plan);
}

function finish(plan: Plan, { now }: Around): Plan {
  if (plan.state !== "running" || plan.wakes.length > 0 || !plan.nodes.every(isNodeOver)) return plan;
  if (openAsked(plan)) return plan;
  // What is being stopped may still be merged.
  if (plan.nodes.some(openTry)) return plan;
  const done: Plan = { ...plan, state: "finishing" };
  return withEvent(done, { at: now, what: "finishing" });
}
