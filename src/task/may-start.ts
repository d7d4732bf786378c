/** Which nodes of a plan may start, and which never will as long as nobody changes the plan. Pure. */
import { isNodeOver, isSettledFor, nodeOf, openAsked, openTry, type Plan, type PlanNode } from "./plan.ts";
import { namedIn } from "./revision.ts";
import { mayMeet } from "./scope.ts";
import type { Task } from "./task.ts";

/** The tasks of open tries, by id. */
type Tries = ReadonlyMap<string, Task | "absent">;

/** Not before all that it builds on is there. What a person is to decide about stays as it is until then. */
export function mayStart(plan: Plan, { id: own, state, after, tries }: PlanNode, now: number): boolean {
  if (isAskedAbout(plan, own)) return false;
  if (state.name !== "waiting" || openTry({ tries }) || (state.from !== undefined && state.from > now)) return false;
  return after.every((id) => {
    const before = nodeOf(plan, id);
    return before !== undefined && isSettledFor(before);
  });
}

/** Room in the plan's width, and nobody at work whose files may be its own. */
export function hasRoom({ nodes, caps }: Plan, node: PlanNode, tasks: Tries): boolean {
  const open = nodes.filter((each) => each.state.name === "started" || openTry(each));
  if (open.filter((each) => !asks(each, tasks)).length >= caps.width) return false;
  return open.every((each) => (each.shared && node.shared) || !mayMeet(each.scope, node.scope));
}

/** It stands still until a person, or the manager, has said something. */
function asks(node: PlanNode, tasks: Tries): boolean {
  const task = tasks.get(openTry(node)?.task ?? "");
  const state = task === "absent" ? undefined : task?.state;
  return state?.name === "waiting" && state.reasons.some((reason) => reason.for === "answer");
}

/** Whether it is not done and never will be, as far as anybody knows. */
export function isHopeless(plan: Plan, id: string): boolean {
  const node = nodeOf(plan, id);
  if (!node) return true;
  if (!isNodeOver(node) || isSettledFor(node)) return false;
  return !(node.state.name === "failed" && (node.stopped || isManagers(plan, id) || isAskedAbout(plan, id)));
}

/** Whether a person is to decide about a change of it. */
function isAskedAbout(plan: Plan, id: string): boolean {
  const open = openAsked(plan);
  return open !== undefined && namedIn(open.revision).includes(id);
}

/** Whether the manager is still to decide about it. */
function isManagers({ wakes, managed, state }: Plan, id: string): boolean {
  const open = [...wakes, ...(state === "managing" ? (managed?.wakes ?? []) : [])];
  return open.some(({ node }) => node === id);
}
