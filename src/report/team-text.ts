/** What a team's task says in its comment besides what every task says: the plan that is proposed, how far its nodes are, what came of it. */
import { openProposal } from "../task/proposal.ts";
import type { Task } from "../task/task.ts";
import { inMarkdown, plain } from "../text/quote.ts";
import { type PlanView, planView, proposedPlanView } from "../views/plan-view.ts";
import { keptOfTeam } from "../words/checkpoint-words.ts";
import {
  aloneWords,
  approvedBecause,
  missingWords,
  outsideWords,
  planHeading,
  planSize,
  teamFacts,
  teamStanding,
  teamUse,
} from "../words/plan-words.ts";
import { madeOn } from "../words/proposal-words.ts";
import { askedChange } from "./asked-text.ts";
import type { Surroundings } from "./facts.ts";
import { nodeQuestions, planGraph, planParts, planTable } from "./plan-text.ts";

/** Of the goal, in characters. */
const GOAL = 1_500;

/** A plan about which a person is to decide. */
export function proposedPlan(task: Task): string[] {
  const proposal = openProposal(task);
  if (!proposal?.plan) return [];
  const view = proposedPlanView(proposal.plan, task);
  return [
    `**${planHeading(proposal.name, inMarkdown)}: ${plain(proposal.plan.goal, GOAL)}**`,
    planGraph(view),
    planTable(view),
    planSize(view),
    planParts(view.nodes),
    madeOn(proposal.baseSha, inMarkdown),
  ];
}

/** How far the team is. */
export function teamAtWork(task: Task, around: Surroundings): string[] {
  const view = viewOfTeam(task, around);
  if (!view) return [];
  const asked = nodeQuestions(view);
  const use = teamUse(view);
  return [
    `**${teamStanding(view)}**`,
    ...(use === undefined ? [] : [`> [!WARNING]\n> ${use}`]),
    ...[planGraph(view), planTable(view)],
    ...(asked === undefined ? [] : [asked]),
    ...askedChange(view, { how: task.state.name !== "waiting" }),
  ];
}

/** What came of it: first what is missing, then who did what. */
export function teamsEnd(task: Task, around: Surroundings): { first: string[]; receipt: string[] } {
  const view = viewOfTeam(task, around);
  return {
    first: missingFrom(task),
    receipt: view ? ["**Who did what**", planTable(view), ...keptOf(task, view), ...outside(view)] : [],
  };
}

function keptOf({ spec, state, pushed }: Task, view: PlanView): string[] {
  const published = pushed !== undefined || (state.name === "settled" && state.outcome.kind === "pull_request");
  const lines = keptOfTeam(view, { id: spec.id, published }, inMarkdown);
  return lines.length === 0 ? [] : [lines.map((line) => `- ${line}`).join("\n")];
}

function outside({ nodes }: PlanView): string[] {
  const lines = nodes.flatMap((node) => outsideWords(node, inMarkdown) ?? []);
  return lines.length === 0 ? [] : [lines.map((line) => `- ${line}`).join("\n")];
}

/** Said first wherever the work is shown. */
export function missingFrom({ state, pushed }: Pick<Task, "state" | "pushed">): string[] {
  const end = state.name === "settled" && state.outcome.kind === "pull_request" ? state.outcome.missing : undefined;
  const missing = end ?? pushed?.missing ?? [];
  return missing.length === 0 ? [] : [`> [!WARNING]\n${missingWords(missing, inMarkdown).replace(/^/gm, "> ")}`];
}

/** Lines of the receipt. */
export function teamLines(task: Task, around: Pick<Surroundings, "team" | "hosts">): string[] {
  const { proposal } = task;
  const decision = proposal?.decision;
  const view = viewOfTeam(task, around);
  const small = decision?.kind === "approved" ? approvedBecause(decision.because) : undefined;
  return [
    ...(proposal?.alone !== undefined && decision ? [aloneWords(proposal.alone, inMarkdown)] : []),
    ...(small === undefined ? [] : [small]),
    ...(view && task.state.name === "settled" ? teamFacts(view) : []),
  ];
}

const viewOfTeam = (task: Task, { team, hosts }: Pick<Surroundings, "team" | "hosts">): PlanView | undefined =>
  team && planView(team, task, hosts);
