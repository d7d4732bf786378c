/** What people and programs are shown of what a task waits for. */
import { type HostView, lackingRoom, takingWork } from "../task/hosts.ts";
import { approvedPlan, openProposal } from "../task/proposal.ts";
import { questionOf } from "../task/question.ts";
import type { RunDoubt } from "../task/standing.ts";
import type { Task } from "../task/task.ts";
import type { BudgetReason, LimitReason, OnNoAnswer, WaitingReason } from "../task/waiting.ts";
import { bare } from "../text/quote.ts";
import type { Around } from "./around.ts";
import { type QuestionView, questionView } from "./question-view.ts";
import { type FullHost, type HostName, hostName, type TaskView, taskView } from "./task-view.ts";

/** `until`: when it ends in vain. What would end the waiting: the other task's end, or a host with the agent. */
export type ReasonView = { until: number } & (
  | {
      for: "task";
      task: string;
      /** It goes on from that one, wherever its work is. */
      behind?: boolean;
      /** Missing when nothing is known of it. */
      other?: TaskView;
      inDoubt?: RunDoubt;
    }
  | (Omit<LimitReason, "for" | "until"> & { for: "limit" })
  /** `plan`: it is a team's; `change`: of one that is worked through already. */
  | { for: "approval"; proposal: string; title?: string; plan?: true; change?: true }
  | { for: "team" }
  | Omit<BudgetReason, "until">
  | { for: "answer"; question: string; onNoAnswer: OnNoAnswer; asked?: QuestionView }
  | {
      for: "agent";
      agent?: string;
      /** The one host that it has to be. */
      home?: HostName;
      /** The agents that living hosts offer instead. */
      offered: string[];
      /** Living hosts that have the agent, and too little room to take a task. */
      full?: FullHost[];
    }
);

export function reasonView(task: Task, reason: WaitingReason, { hosts, tasks, inDoubt }: Around): ReasonView {
  const { until } = reason;
  if (reason.for === "limit" || reason.for === "budget" || reason.for === "team") return reason;
  if (reason.for === "approval") {
    const proposal = openProposal(task);
    if (approvedPlan(task)) return { ...reason, plan: true, change: true };
    if (proposal?.name !== reason.proposal) return reason;
    return { ...reason, title: bare(proposal.said.title, 200), ...(proposal.plan && { plan: true as const }) };
  }
  if (reason.for === "answer") {
    const question = questionOf(task, reason.question);
    return { ...reason, ...(question && { asked: questionView(question) }) };
  }
  if (reason.for === "agent") {
    const offered = [...new Set(takingWork(hosts).flatMap(({ agents }) => agents))].sort();
    const full = fullHosts(hosts, reason.agent);
    const named = {
      ...(reason.agent !== undefined && { agent: reason.agent }),
      ...(reason.host !== undefined && { home: hostName(reason.host, hosts) }),
    };
    return { for: "agent", until, ...named, offered, ...(full.length > 0 && { full }) };
  }
  const other = tasks?.find(({ spec }) => spec.id === reason.task);
  const doubt = inDoubt?.get(reason.task);
  return {
    for: "task",
    until,
    task: reason.task,
    ...(reason.behind && { behind: true }),
    ...(other && { other: taskView(other, hosts) }),
    ...(doubt && { inDoubt: doubt }),
  };
}

/** Living hosts with the agent, or any, that take nothing for want of room. */
export const fullHosts = (hosts: readonly HostView[], agent: string | undefined): FullHost[] =>
  lackingRoom(hosts)
    .filter(({ agents }) => agent === undefined || agents.includes(agent))
    .map((host) => ({ ...hostName(host.id, hosts), lacks: lacksOf(host) }));

const lacksOf = ({ lacksRoom, strained }: HostView): FullHost["lacks"] => [
  ...(lacksRoom ? ["disk" as const] : []),
  ...(strained?.memory ? ["memory" as const] : []),
  ...(strained?.cpu ? ["cpu" as const] : []),
];
