/** A task that was parked: what it still waits for, and where its next run goes on. Pure. */
import { openProposal } from "../task/proposal.ts";
import { isOpen, questionOf } from "../task/question.ts";
import { parkedRun } from "../task/runs.ts";
import type { Task } from "../task/task.ts";
import type { WaitingReason } from "../task/waiting.ts";

/** Where its session and its workspace are. */
export type ParkedAt = { host: string; agent: string | undefined };

export function parkedAt(task: Task | undefined): ParkedAt | undefined {
  const run = task && parkedRun(task);
  return run && { host: run.host, agent: task.agent ?? run.progress.agent };
}

/** The reasons for which nothing but the task's own record, or the clock, says that they are over. */
export function stillHolding(
  waiting: readonly WaitingReason[],
  { task, now }: { task?: Task | undefined; now: number },
) {
  return waiting.filter((reason) => holds(reason, task, now));
}

/** A new reason of that kind has its line here; of all others `ready.ts` judges. */
function holds(reason: WaitingReason, task: Task | undefined, now: number): boolean {
  if (reason.for === "approval") return task !== undefined && openProposal(task)?.name === reason.proposal;
  if (reason.for !== "answer") return false;
  const question = task && questionOf(task, reason.question);
  if (!question || !isOpen(question)) return false;
  return reason.onNoAnswer === "end" || now < reason.until;
}
