/** What a task waits for, in a sentence or two for each reason; and what did not happen, where it waited too long. */
import type { AnswerReason, LimitReason, WaitingReason } from "../task/waiting.ts";
import { duration } from "../text/amounts.ts";
import type { Quoting } from "../text/quote.ts";
import type { QuestionView } from "../views/question-view.ts";
import type { FullHost, HostName } from "../views/task-view.ts";
import { howToDecideOnChange } from "./asked-words.ts";
import { waitedForBudget, waitsForBudget } from "./budget-words.ts";
import { howToDecideOnPlan } from "./plan-words.ts";
import { howToDecide } from "./proposal-words.ts";

const lackWords: Record<FullHost["lacks"][number], string> = {
  disk: "too little free disk space",
  memory: "too little free memory",
  cpu: "too much to do",
};

/** Worker hosts that take no task for want of room. */
export function lacksRoom(hosts: readonly FullHost[], { code }: Quoting): string {
  const names = hosts.slice(0, 3).map(({ id, name }) => code(name ?? id, 60));
  const who =
    hosts.length === 1 ? `The worker host ${names.join("")} has` : `The worker hosts ${names.join(", ")} have`;
  const lacks = new Set(hosts.flatMap((host) => host.lacks));
  const what = [...lacks].map((each) => lackWords[each]).join(", or ");
  return `${who} ${what} to take a task. It starts as soon as there is room again; the operator of this App can see to that (\`orch status\` says how much is missing).`;
}

/** What would end the waiting. */
export function waitsFor(
  reason: WaitingReason & { full?: FullHost[]; asked?: QuestionView; home?: HostName; plan?: true; change?: true },
  quoting: Quoting,
): string {
  const { code } = quoting;
  switch (reason.for) {
    case "task":
      if (reason.behind) return `It goes on from task ${code(reason.task)}, and starts when that is over.`;
      return `It starts when task ${code(reason.task)} is over: both work on this pull request's branch, one after the other.`;
    case "agent":
      if (reason.full) return lacksRoom(reason.full, quoting);
      if (reason.home || reason.host !== undefined)
        return `The worker host ${code(reason.home?.name ?? reason.home?.id ?? reason.host ?? "", 60)} has the work of this plan, and takes no tasks now. It goes on as soon as that host is there again.`;
      return reason.agent === undefined
        ? "No worker host is connected. It starts as soon as the operator of this App has started one."
        : `No connected worker host has the agent ${code(reason.agent, 60)}. It starts as soon as the operator of this App has started one that does.`;
    case "limit":
      return limitWords(reason, code(reason.agent, 60));
    case "budget":
      return waitsForBudget(reason);
    case "answer":
      return answerWords(reason, quoting);
    case "team":
      return "Its team is at work on the nodes of its plan. It goes on when all of them are over, or when something comes up that they cannot solve.";
    case "approval":
      if (reason.change)
        return `A change of its plan waits for a word. ${howToDecideOnChange(reason.proposal, quoting)} Without a word by ${minuteOf(reason.until)}, it is not carried out.`;
      if (reason.plan)
        return `Its planner has made a plan for a team. ${howToDecideOnPlan(reason.proposal, quoting)} Without a word by ${minuteOf(reason.until)}, it ends.`;
      return `Its agent has made a proposal. ${howToDecide(reason.proposal, quoting)} Without a word by ${minuteOf(reason.until)}, it ends.`;
  }
}

function answerWords(
  { question, onNoAnswer, until, asked }: Omit<AnswerReason, "for"> & { asked?: QuestionView },
  { code }: Quoting,
): string {
  const what = asked
    ? `${doesWhat(asked)} ${code(asked.short, 160)} (${asked.blocker ? "blocker" : "question"} ${code(question)})`
    : `asks question ${code(question)}`;
  const end = onNoAnswer === "end" ? "it ends" : "the agent decides by itself";
  return `Its agent ${what}. \`/orch answer\` and the answer lets it go on in the same session; without an answer by ${minuteOf(until)}, ${end}.`;
}

function doesWhat({ blocker, resolver }: QuestionView): string {
  if (blocker) return "cannot go on:";
  return resolver === "manager" ? "asks its manager" : "asks";
}

const minuteOf = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;

/** `left` is a step of the countdown, not the clock: the same reason is always told in the same words. */
function limitWords({ why, at, left, host, probing }: Omit<LimitReason, "for" | "until">, agent: string): string {
  const cause = limits[why] ?? `The account of the agent ${AGENT} takes no requests for now`;
  const goesOn = host === undefined ? "starts" : "goes on in the same session";
  if (probing)
    return `${cause.replace(AGENT, agent)}. Another task is trying whether it does again; then this one ${goesOn}.`;
  const time = minuteOf(at);
  const soon = left <= 60_000 ? "in less than a minute" : `in less than ${duration(left)}`;
  return `${cause.replace(AGENT, agent)}. The task ${goesOn} ${soon}, at ${time}; nothing has to be done for that.`;
}

const AGENT = "\0";
const limits: Readonly<Record<string, string>> = {
  rate_limit: `The model provider of the agent ${AGENT} takes no more requests for now`,
  usage_limit: `The account of the agent ${AGENT} has used up what its model provider grants it for now`,
  auth: `The model provider of the agent ${AGENT} refuses its credentials, as the operator of the worker host is told`,
  credit: `The account of the agent ${AGENT} has no credit left, as the operator of the worker host is told`,
};

export function waitedInVain(reasons: readonly WaitingReason[], afterMs: number, { code }: Quoting): string {
  const after = duration(afterMs);
  const [reason] = reasons;
  switch (reason?.for) {
    case "task":
      return `The task waited ${after} for task ${code(reason.task)}, which is still not over.`;
    case "agent": {
      if (reason.host !== undefined)
        return `The task waited ${after} for the worker host ${code(reason.host, 60)}, which has the work of its plan; that is our fault, not your request's.`;
      const host =
        reason.agent === undefined ? "a worker host" : `a worker host with the agent ${code(reason.agent, 60)}`;
      return `The task waited ${after} for ${host}; that is our fault, not your request's.`;
    }
    case "limit":
      return `The task waited ${after} for the model provider of the agent ${code(reason.agent, 60)} to take requests again.`;
    case "budget":
      return waitedForBudget(reason.of, after);
    case "answer":
      return `Nobody answered its agent's question ${code(reason.question)} within ${after}.`;
    case "team":
      return `The nodes of its plan were not over after ${after}.`;
    case "approval":
      return `Nobody approved its agent's proposal ${code(reason.proposal)} within ${after}.`;
    case undefined:
      return `The task waited ${after}, and what it waited for did not happen.`;
  }
}
