/**
 * What becomes of a node when a try at it is over. One that failed is tried again: by the same agent, then by another one where its
 * role has one, then the manager decides; where the plan says so it is left out, or a person decides. What was not the work's fault is no
 * try. Pure.
 */
import { failurePrint, failureText } from "./failure.ts";
import type { Outcome } from "./outcome.ts";
import { currentTry, type NodeState, type Plan, type PlanNode, type Try, type Wake } from "./plan.ts";
import { progressOf, type Task } from "./task.ts";

export type AfterTry = {
  state: NodeState;
  /** What is kept of the try. */
  tried: Partial<Try>;
  /** What the manager is to see to. */
  wake?: Pick<Wake, "kind" | "text">;
  /** A person is to decide what becomes of it, and no manager. */
  stopped?: true;
  /** The plan has used up what it may. */
  spent?: true;
};

/** The first wait before another try, ms; each further one is twice as long. */
const BACK_OFF_MS = 30_000;
const MOST_BACK_OFF_MS = 15 * 60_000;
/** So often in a row a node is tried again that failed for a reason of its host's. */
const MOST_FREE = 6;
/** By the same agent: the first try and one more. */
const BY_THE_SAME = 2;

/** Ends that another try would only repeat: these are the manager's. `reason` of an agent that failed. */
const FOR_MANAGER = ["conflict", "scope_exceeded", "blocked"];

export function afterTry(plan: Plan, node: PlanNode, task: Task, now: number): AfterTry {
  const { state } = task;
  if (state.name !== "settled") return { state: node.state, tried: {} };
  const { outcome } = state;
  const tried = { end: outcome.kind, why: failureText(outcome) };
  const merged = mergedBy(node, task, outcome, now);
  if (merged) return { state: merged, tried: { end: outcome.kind } };
  if (outcome.kind === "out_of_budget" && outcome.of !== undefined && outcome.of !== "task")
    return { state: failed(tried.why, now), tried, spent: true };
  if (isFree(outcome)) return afterFree(plan, node, { ...tried, free: true }, now);
  return afterFailure(plan, node, { ...tried, print: failurePrint(task, outcome) }, { outcome, now });
}

/** A node that has nothing to change is done when its agent has changed nothing. */
function mergedBy(node: PlanNode, task: Task, outcome: Outcome, at: number): NodeState | undefined {
  const { finish } = progressOf(task);
  const said = finish ? { finish } : {};
  if (outcome.kind === "merged") return { name: "merged", at, sha: outcome.sha, ...said };
  return outcome.kind === "no_changes" && node.scope.length === 0 ? { name: "merged", at, ...said } : undefined;
}

/** It says nothing about the work: no host ran it to its end, or none began it. */
function isFree(outcome: Outcome): boolean {
  if (outcome.kind === "host_error") return true;
  if (outcome.kind !== "timed_out") return false;
  const asked = outcome.waitedFor?.some((reason) => reason.for === "answer") === true;
  return (outcome.deadline === "waiting" && !asked) || outcome.deadline === "queued";
}

function afterFree(plan: Plan, node: PlanNode, tried: Partial<Try> & { why: string }, now: number): AfterTry {
  const inRow = node.tries.length - 1 - node.tries.slice(0, -1).findLastIndex((each) => each.free !== true);
  if (inRow >= MOST_FREE) return giveUp(plan, { tried, kind: "failed", now });
  return { state: { name: "waiting", from: now + backOff(inRow - 1) }, tried };
}

type Failure = { outcome: Outcome; now: number };

function afterFailure(
  plan: Plan,
  node: PlanNode,
  tried: Partial<Try> & { why: string },
  { outcome, now }: Failure,
): AfterTry {
  if (node.onFailure === "skip")
    return { state: { name: "skipped", at: now, because: tried.why, waived: true }, tried };
  if (node.onFailure === "stop") return { state: failed(tried.why, now), tried, stopped: true };
  const isConflict = outcome.kind === "agent_failed" && outcome.reason === "conflict";
  const kind = isConflict ? "conflict" : "failed";
  const before = countedTries(node).filter(({ task }) => task !== currentTry(node)?.task);
  const count = before.length + 1;
  const isForManager = outcome.kind === "agent_failed" && FOR_MANAGER.includes(outcome.reason);
  const isSame = before.at(-1)?.print === tried.print;
  const mayBeTried = count < BY_THE_SAME || (count === BY_THE_SAME && (node.choices?.length ?? 0) > 1);
  if (outcome.kind === "cancelled" || isForManager || isSame || node.note !== undefined || !mayBeTried)
    return giveUp(plan, { tried, kind, now });
  if (count >= plan.caps.runsPerNode) return giveUp(plan, { tried, kind, now });
  // A check that fails is no better for waiting; what an agent's own program met may pass.
  const from = outcome.kind === "agent_failed" ? { from: now + backOff(count - 1) } : {};
  return { state: { name: "waiting", ...from }, tried };
}

type End = { tried: Partial<Try> & { why: string }; kind: "failed" | "conflict"; now: number };

function giveUp(plan: Plan, { tried, kind, now }: End): AfterTry {
  const wake = plan.managerRuns < plan.caps.managerRuns ? { wake: { kind, text: tried.why } } : {};
  return { state: failed(tried.why, now), tried, ...wake };
}

const failed = (reason: string, at: number): NodeState => ({ name: "failed", at, reason });

const backOff = (before: number): number => Math.min(BACK_OFF_MS * 2 ** Math.max(0, before), MOST_BACK_OFF_MS);

/** Those that say something about the work. */
export const countedTries = ({ tries }: Pick<PlanNode, "tries">): Try[] => tries.filter(({ free }) => free !== true);

/** Which of its choices works on it next. */
export function nextChoice(node: PlanNode): number {
  const choices = node.choices?.length ?? 0;
  return countedTries(node).length < BY_THE_SAME ? 0 : Math.max(0, Math.min(1, choices - 1));
}
