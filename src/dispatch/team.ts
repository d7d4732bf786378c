/**
 * Looks after teams: a team's plan is judged whenever something has become of a node, and what it has come to is written before anything
 * is done about it. Only then are the tasks of the nodes made that start. Each of these steps may be the last one of a bot: whoever
 * looks next finds what is missing by the record, and several bots may look at once.
 */
import { type CancelDeps, cancelTasks } from "../cancel.ts";
import { closePlan, type Around as Judging, judgePlan, nextLook } from "../task/judge-plan.ts";
import { planOf } from "../task/make-plan.ts";
import type { Outcome } from "../task/outcome.ts";
import {
  currentTry,
  isWorkedOnBy,
  missingIn,
  openAsked,
  openTry,
  type Plan,
  type PlanNode,
  withEvent,
} from "../task/plan.ts";
import type { PlanStore } from "../task/plans.ts";
import { approvedPlan } from "../task/proposal.ts";
import { withRaise } from "../task/raise.ts";
import { isUnusable } from "../task/record.ts";
import type { Task } from "../task/task.ts";
import type { TaskSpec } from "../task/task-spec.ts";
import type { WaitingReason } from "../task/waiting.ts";
import { nodeSpecOf } from "./node-spec.ts";
import type { PlanGround } from "./plan-ground.ts";

export type TeamDeps = CancelDeps & {
  plans: PlanStore;
  /** What its plan may be made of. */
  groundOf: (team: Task) => Promise<PlanGround>;
  /** Whether most of what its nodes may use is used. */
  isLow: (team: Task) => Promise<boolean>;
  /** Makes the task of a node, which starts or waits. */
  begin: (spec: TaskSpec) => Promise<void>;
};

/** Where the dispatcher goes on with it. `lookAt`: when somebody has to look again, Unix ms. */
export type TeamNext =
  /** Nothing but the plan is to be looked at. */
  | { do: "wait"; lookAt: number }
  /** The team's task waits for its plan from now on, and for a word about a change of that, where one is asked for. */
  | { do: "park"; reasons: WaitingReason[]; lookAt: number }
  /** It is to run: its manager, or to the end without an agent. */
  | { do: "run"; as: "manager" | "finishing"; plan: Plan; lookAt: number }
  | { do: "end"; outcome: Outcome }
  | { do: "done" };

/** At least this often, ms. */
const LOOK_MS = 15_000;
const DOUBT_LOOK_MS = 60_000;

export function makeTeams(deps: TeamDeps) {
  const { store, plans, now, log } = deps;

  /** Undefined of a task that has no plan (yet): it is like any other. */
  async function look(team: Task): Promise<TeamNext | undefined> {
    if (!approvedPlan(team)) return undefined;
    if (team.state.name === "settled") return await close(team);
    const found = await planFor(team);
    if (found === "in doubt") return { do: "wait", lookAt: now() + DOUBT_LOOK_MS };
    if (await raise(team, found)) return { do: "wait", lookAt: now() };
    const tasks = await tasksOf(found);
    if (tasks === "in doubt") return { do: "wait", lookAt: now() + DOUBT_LOOK_MS };
    const low = !found.low && (await deps.isLow(team));
    const judged = judgePlan(found, { team, tasks, ...(low && { low }), now: now() });
    // What was judged has changed since: judged anew at once.
    if (judged && !(await plans.replace(judged, { at: now(), lookAt: now() + LOOK_MS })))
      return { do: "wait", lookAt: now() };
    const plan = judged ? { ...judged, version: judged.version + 1 } : found;
    await Promise.all(plan.nodes.map((node) => seeTo(team, plan, { node, tasks })));
    return next(team, plan);
  }

  /** What a person has allowed the plan to use besides, all that work on it may. Whether the team's task has changed by that. */
  async function raise(team: Task, { budget, nodes }: Plan): Promise<boolean> {
    if (!budget) return false;
    const ids = nodes.flatMap(({ state, tries }) =>
      state.name === "started" ? (currentTry({ tries })?.task ?? []) : [],
    );
    const low = [team, ...(await store.readMany(ids))].filter((task) => withRaise(task, budget));
    for (const { spec } of low) await store.advance(spec.id, { name: "raised", budget, at: now() });
    return low.includes(team);
  }

  /** The record is made by the first look at what was approved. */
  async function planFor(team: Task): Promise<Plan | "in doubt"> {
    const { id } = team.spec;
    const reading = await plans.lookUp(id);
    if (reading.kind === "known") return reading.record;
    if (isUnusable(reading)) return "in doubt";
    const plan = planOf(team, { at: now(), ...(await deps.groundOf(team)) });
    if (!plan) throw new Error(`the task ${id} has no plan to be made`);
    // Before the plan is there: when the team's task is over, its plan is to be looked at.
    await store.followOf(id, id);
    if (await plans.create(plan)) log.info({ task: id, nodes: plan.nodes.length }, "a plan is worked through");
    return (await plans.read(id)) ?? "in doubt";
  }

  /** Of the tries that are not known to be over. */
  async function tasksOf(plan: Plan): Promise<Judging["tasks"] | "in doubt"> {
    const ids = plan.nodes.flatMap((node) => openTry(node)?.task ?? []);
    const readings = await Promise.all(ids.map((id) => store.lookUp(id)));
    if (readings.some(isUnusable)) return "in doubt";
    return new Map(
      ids.map((id, index) => {
        const reading = readings[index];
        return [id, reading?.kind === "known" ? reading.record : "absent"];
      }),
    );
  }

  /** Its task is there if it is to be, and is not if not. */
  async function seeTo(team: Task, plan: Plan, { node, tasks }: { node: PlanNode; tasks: Judging["tasks"] }) {
    const open = openTry(node);
    if (!open) return;
    const task = tasks.get(open.task);
    if (node.state.name !== "started") {
      if (task !== undefined && task !== "absent") await stop(plan.id, [open.task]);
      return;
    }
    if (task !== undefined && task !== "absent") return;
    await store.followOf(team.spec.id, open.task);
    await deps.begin(nodeSpecOf(team, plan, { node, at: now() }));
    await stopIfLeft(plan.id, { node: node.id, task: open.task });
  }

  /** What was decided while it was being made counts as well. */
  async function stopIfLeft(id: string, { node, task }: { node: string; task: string }): Promise<void> {
    const [plan, team] = await Promise.all([plans.read(id), store.read(id)]);
    if (plan && team && team.state.name !== "settled" && isWorkedOnBy(plan, node, task)) return;
    if (plan && team) await stop(id, [task]);
  }

  const stop = (plan: string, ids: readonly string[]) => cancelTasks(deps, ids, { kind: "left_plan", task: plan });

  /** Whether a task that works on a node is to end: its plan is over, or goes on without it. */
  async function isLeft({ spec }: Task): Promise<boolean> {
    if (!spec.node) return false;
    const { plan: id, id: node } = spec.node;
    const [reading, team] = await Promise.all([plans.lookUp(id), store.lookUp(id)]);
    if (isUnusable(reading) || isUnusable(team)) return false;
    const isOpen = team.kind === "known" && team.record.state.name !== "settled";
    return !(isOpen && reading.kind === "known" && isWorkedOnBy(reading.record, node, spec.id));
  }

  /** Nothing of it goes on. */
  async function close({ spec }: Task): Promise<TeamNext> {
    const closed = await plans.change(spec.id, (plan) => closePlan(plan, now()), now());
    const nodes = closed.kind === "known" ? closed.record.nodes : [];
    await stop(
      spec.id,
      nodes.flatMap(({ tries }) => currentTry({ tries })?.task ?? []),
    );
    return { do: "done" };
  }

  function next(team: Task, plan: Plan): TeamNext {
    const lookAt = Math.min(now() + LOOK_MS, nextLook(plan));
    if (team.state.name !== "waiting") return { do: "wait", lookAt };
    const { reasons } = team.state;
    if (plan.state === "managing") return { do: "run", as: "manager", plan, lookAt };
    if (plan.state === "finishing") {
      const outcome = endWithoutWork(plan);
      return outcome ? { do: "end", outcome } : { do: "run", as: "finishing", plan, lookAt };
    }
    const wanted = waitingFor(plan);
    if (isSameWait(reasons, wanted)) return { do: "wait", lookAt };
    return { do: "park", reasons: wanted, lookAt };
  }

  /** The manager cannot run, or waits in vain: the plan goes on without. `spent`: it is for want of money, and so nothing more begins. */
  async function goOnAlone(id: string, spent: boolean): Promise<void> {
    const alone = (plan: Plan): Plan | undefined => {
      if (plan.state !== "managing") return undefined;
      const next: Plan = { ...plan, state: "running", ...(spent && { spent: true }) };
      return spent ? withEvent(next, { at: now(), what: "budget" }) : next;
    };
    await plans.change(id, alone, now());
  }

  return { look, isLeft, stop, goOnAlone };
}

/** Its nodes, and a word about a change of its plan where one is asked for. */
function waitingFor(plan: Plan): WaitingReason[] {
  const open = openAsked(plan);
  const asked = open ? [{ for: "approval" as const, proposal: open.name, until: open.until }] : [];
  return [{ for: "team", until: plan.until }, ...asked];
}

const isSameWait = (one: readonly WaitingReason[], other: readonly WaitingReason[]): boolean =>
  one.length === other.length &&
  one.every((reason, at) => {
    const wanted = other[at];
    if (reason.for === "approval") return wanted?.for === "approval" && wanted.proposal === reason.proposal;
    return reason.for === wanted?.for;
  });

/** Undefined where there is something to publish. */
function endWithoutWork(plan: Plan): Outcome | undefined {
  if (plan.nodes.some(({ state }) => state.name === "merged" && state.sha !== undefined)) return undefined;
  const whys = missingIn(plan).map(({ node, why }) => `${node}: ${why}`);
  if (whys.length === 0) return { kind: "no_changes", lastWords: "" };
  const message = "No part of the plan could be done.";
  return { kind: "agent_failed", reason: "plan", message, lastLines: whys.join("\n").slice(0, 4_000) };
}
