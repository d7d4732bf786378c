/** When the comment of a team's task is edited for its nodes: what a person waits for at once, the rest with the next edit. */
import type { Task } from "../task/task.ts";
import { planView } from "../views/plan-view.ts";
import type { Surroundings } from "./facts.ts";

/** Names what is shown at once, and what may wait. */
export function teamTurn(task: Task, around: Pick<Surroundings, "team">): { turn: string; phase: string } {
  const { nodes = [], state = "", use = "", asked } = (around.team && planView(around.team, task)) ?? {};
  const fine = nodes.map(({ how }) => how);
  const coarse = nodes.map(({ how, asks }) => `${IN_WORK.has(how) ? "work" : how}${asks.map(({ id }) => id).join()}`);
  return nodes.length === 0
    ? { turn: "", phase: "" }
    : { turn: `:${state}${use}${asked?.name ?? ""}:${coarse.join()}`, phase: fine.join() };
}

const IN_WORK: ReadonlySet<string> = new Set(["queued", "preparing", "working", "verifying", "merging"]);

/** When it is over: what its nodes' hosts have kept is told when they have said so. */
export function teamKept(task: Task, around: Pick<Surroundings, "team">): string {
  const { nodes = [] } = (around.team && planView(around.team, task)) ?? {};
  return nodes.flatMap(({ id, task: last }) => (last?.checkpoint ? [`:${id}`] : [])).join("");
}
