/** What stands where on the first page, and in which order: each task once. Pure. */
import { pullNumberOf } from "../../src/task/branch.ts";
import type { PullRequest, Task } from "../../src/task/task.ts";
import { isRecent, type Need, needsMe } from "../../src/views/needs-me.ts";
import { type TaskView, taskView } from "../../src/views/task-view.ts";
import type { Facts, Over } from "../rows/facts.ts";
import { type Standing, sectionOf, standingOf } from "./standing.ts";

/** A pull request that waits for somebody who looks at it; `draft`: where it is known. */
export type ReviewNeed = { kind: "review"; task: TaskView; pull: PullRequest; since: number } & Pick<Over, "ci">;
export type FrontNeed = Need | ReviewNeed;

export type Placed = { task: Task; standing: Standing } & Pick<Over, "closed" | "ci">;

export type Front = {
  /** What holds up others first, then the oldest. */
  needs: { need: FrontNeed; task?: Task }[];
  /** In the order in which they began: a row never moves while its run lasts. */
  running: Placed[];
  /** The oldest first. */
  waiting: Placed[];
  /** The latest end first. */
  over: Placed[];
};

/** `closed`: what became of its pull request. */
export type JudgeStanding = (task: Task, closed?: Over["closed"]) => Standing;

/** How tasks stand: the same on every page. */
export const standingsIn = (facts: Facts): JudgeStanding => judgeBy(facts, needsIn(facts), reviewsOf(facts));

const needsIn = (facts: Facts): Need[] =>
  needsMe(
    facts.over.map(({ task }) => task),
    facts,
  );

function judgeBy(facts: Facts, needs: readonly Need[], reviews: readonly ReviewNeed[]): JudgeStanding {
  const toRepair = new Set(needs.flatMap((need) => (isEnd(need) ? [need.task.id] : [])));
  const toReview = new Set(reviews.map(({ task }) => task.id));
  return (task, closed) => {
    const { id } = task.spec;
    return standingOf(task, { ...facts, closed, toRepair: toRepair.has(id), isNew: toReview.has(id) });
  };
}

export function frontOf(facts: Facts): Front {
  const needs = needsIn(facts);
  const reviews = reviewsOf(facts);
  const judge = judgeBy(facts, needs, reviews);
  const all: Placed[] = [
    ...facts.tasks.map((task) => ({ task, standing: judge(task) })),
    ...facts.over.map((over) => ({ ...over, standing: judge(over.task, over.closed) })),
  ];
  const byId = new Map(all.map(({ task }) => [task.spec.id, task]));
  const listed = (section: "running" | "waiting" | "over") =>
    all.filter(({ standing }) => sectionOf(standing) === section);
  return {
    needs: [...needs, ...reviews].map((need) => withTask(need, byId)),
    running: listed("running").sort((one, other) => startOf(one.task) - startOf(other.task)),
    waiting: listed("waiting"),
    over: listed("over"),
  };
}

const isEnd = (
  need: Need,
): need is Extract<Need, { task: TaskView; kind: "refused" | "verify_failed" | "agent_setup" | "repository_setup" }> =>
  need.kind === "refused" ||
  need.kind === "verify_failed" ||
  need.kind === "agent_setup" ||
  need.kind === "repository_setup";

function withTask(need: FrontNeed, byId: ReadonlyMap<string, Task>): Front["needs"][number] {
  const id = "task" in need ? (typeof need.task === "string" ? need.task : need.task.id) : undefined;
  const task = id === undefined ? undefined : byId.get(id);
  return { need, ...(task && { task }) };
}

const startOf = ({ state }: Task): number => (state.name === "running" ? state.since : 0);

/** The newest task of each pull request that nobody has merged or closed. The oldest end first. */
function reviewsOf({ over, tasks, now, hosts }: Facts): ReviewNeed[] {
  // Where a task is at work on it, there is nothing to review yet. One on the issue that it came of changes nothing of it.
  const busy = new Set(tasks.map(({ spec }) => `${spec.repository.id}#${pullNumberOf(spec)}`));
  const seen = new Set<string>();
  const found = over.flatMap(({ task, closed, ci }) => {
    const { state, spec } = task;
    if (state.name !== "settled" || state.outcome.kind !== "pull_request" || closed || !isRecent(task, now)) return [];
    const { number, url, draft } = state.outcome;
    const pull = `${spec.repository.id}#${number}`;
    if (seen.has(pull) || busy.has(pull)) return [];
    seen.add(pull);
    const its = { number, url, ...(draft !== undefined && { draft }) };
    return [{ kind: "review" as const, task: taskView(task, hosts), pull: its, since: state.at, ...(ci && { ci }) }];
  });
  return found.sort((one, other) => one.since - other.since);
}
