/** What stands where on the first page, and in which order: each task once. Pure. */
import type { Task } from "../../src/task/task.ts";
import { isEnd, type Need, needsMe } from "../../src/views/needs-me.ts";
import type { PullFate } from "../../src/views/pull-fates.ts";
import type { Facts } from "../rows/facts.ts";
import { type Standing, sectionOf, standingOf } from "./standing.ts";
import { triedAgain } from "./tried-again.ts";

/** `again`: the task that does it once more. */
export type Placed = { task: Task; standing: Standing; again?: Task["spec"] } & PullFate;

export type Front = {
  /** What holds up others first, then the oldest. */
  needs: { need: Need; task?: Task }[];
  /** In the order in which they began: a row never moves while its run lasts. */
  running: Placed[];
  /** The oldest first. */
  waiting: Placed[];
  /** The latest end first. */
  over: Placed[];
};

/** `closed`: what became of its pull request. */
export type JudgeStanding = (task: Task, closed?: PullFate["closed"]) => Standing;

/** How tasks stand: the same on every page. */
export const standingsIn = (facts: Facts): JudgeStanding => judgeBy(facts, needsMe(facts.over, facts));

function judgeBy(facts: Facts, needs: readonly Need[]): JudgeStanding {
  const toRepair = new Set(needs.flatMap((need) => (isEnd(need) ? [need.task.id] : [])));
  const toReview = new Set(needs.flatMap((need) => (need.kind === "to_review" ? [need.task.id] : [])));
  return (task, closed) => {
    const { id } = task.spec;
    return standingOf(task, { ...facts, closed, toRepair: toRepair.has(id), isNew: toReview.has(id) });
  };
}

export function frontOf(facts: Facts): Front {
  const needs = needsMe(facts.over, facts);
  const judge = judgeBy(facts, needs);
  const known = triedAgain(facts);
  const all = [...facts.tasks, ...facts.over].map((task): Placed => {
    const [fate, again] = [facts.fates.get(task.spec.id), known.get(task.spec.id)];
    return { task, standing: judge(task, fate?.closed), ...(again && { again }), ...fate };
  });
  const byId = new Map(all.map(({ task }) => [task.spec.id, task]));
  const listed = (section: "running" | "waiting" | "over") =>
    all.filter(({ standing }) => sectionOf(standing) === section);
  return {
    needs: needs.map((need) => withTask(need, byId)),
    running: listed("running").sort((one, other) => startOf(one.task) - startOf(other.task)),
    waiting: listed("waiting"),
    over: listed("over"),
  };
}

function withTask(need: Need, byId: ReadonlyMap<string, Task>): Front["needs"][number] {
  const id = "task" in need ? (typeof need.task === "string" ? need.task : need.task.id) : undefined;
  const task = id === undefined ? undefined : byId.get(id);
  return { need, ...(task && { task }) };
}

const startOf = ({ state }: Task): number => (state.name === "running" ? state.since : 0);
