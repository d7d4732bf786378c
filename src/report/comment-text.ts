/**
 * The progress comment: one per task, edited in place, at the end its receipt. Pure Markdown from the task. Every text
 * in it that is not ours has passed through `quote.ts`.
 */
import { FINISH_LIMITS } from "../task/finish.ts";
import { openProposal } from "../task/proposal.ts";
import { hiddenBehind, PHASES, progressOf, type Task } from "../task/task.ts";
import { prose } from "../text/prose.ts";
import { blockQuote, fence, inMarkdown, plain } from "../text/quote.ts";
import type { Evidence } from "../views/outcome-view.ts";
import { type Why, type WhySettled, why } from "../views/why.ts";
import { keptFor } from "../words/checkpoint-words.ts";
import { nextStep } from "../words/next-step.ts";
import { askedBy } from "../words/origin-words.ts";
import { evidenceTitles, explanation } from "../words/outcome-words.ts";
import { madeOn, proposalHeading, proposalTitles } from "../words/proposal-words.ts";
import { openBlocks } from "../words/question-words.ts";
import { headline, phaseWords } from "../words/task-words.ts";
import { asked, facts, type Surroundings, sandboxWarning } from "./facts.ts";
import { outcomeIcons } from "./outcome-icons.ts";
import { proposedPlan, teamAtWork, teamsEnd } from "./team-text.ts";

/** How much of what the agent says is shown while it works. */
const LIVE = { lines: 12, chars: 1_500 };

export function renderComment(task: Task, around: Surroundings): string {
  return paragraphs([...story(task, around), howToTalk(task), footer(task)]);
}

/** The same story for a check run; of a task that is not over only what changes with its state. */
export function renderSummary(task: Task, around: Surroundings): string {
  if (task.state.name === "settled") return paragraphs(story(task, around));
  const warning = sandboxWarning(progressOf(task));
  return paragraphs([
    request(task, around.webUrl),
    checklist(task),
    openBlocks(task),
    next(why(task, around)),
    warning,
  ]);
}

function story(task: Task, around: Surroundings): (string | undefined)[] {
  const progress = progressOf(task);
  const answer = why(task, around);
  const opening = [`### ${icon(task)} ${headline(task)}`, request(task, around.webUrl)];
  const list = facts(task, around)
    .map((fact) => `- ${fact}`)
    .join("\n");
  const end = teamsEnd(task, around);
  const closing = [openBlocks(task), next(answer), sandboxWarning(progress)];
  switch (answer.state) {
    case "waiting":
    case "queued":
      return [...opening, list, ...teamAtWork(task, around), ...proposed(task), ...closing];
    case "running":
      return [
        ...opening,
        checklist(task),
        list,
        ...titled("What the agent is doing", progress.said && blockQuote(progress.said, LIVE.chars)),
        ...titled("The agent says", fence(progress.lastLines ?? "", LIVE)),
        ...teamAtWork(task, around),
        ...closing,
      ];
    case "settled":
      return [
        ...opening,
        explained(answer),
        ...end.first,
        list,
        ...end.receipt,
        ...evidence(answer.evidence),
        ...closing,
      ];
  }
}

function explained(end: WhySettled): string {
  const kept = keptFor(end.task, inMarkdown);
  return `${explanation(end, inMarkdown)}${kept === undefined ? "" : ` ${kept}`}`;
}

function request({ spec }: Task, webUrl: string): string {
  return `${askedBy(spec, webUrl)}\n\n${asked(spec)}`;
}

function checklist(task: Task): string | undefined {
  if (task.state.name !== "running") return undefined;
  const current = PHASES.indexOf(task.state.phase);
  const item = (phase: (typeof PHASES)[number], index: number) => {
    const words = index === current ? `**${phaseWords[phase]}**` : phaseWords[phase];
    return `- [${index < current ? "x" : " "}] ${words}`;
  };
  return PHASES.map(item).join("\n");
}

const next = (answer: Why): string => `**Next:** ${nextStep(answer, inMarkdown)}`;

/** What the end rests on. Words beside the output of a check are cut short: that output is what matters. */
function evidence(all: readonly Evidence[]): string[] {
  const isBesideCheck = (what: Evidence["what"]) => what === "last_words" && all.length > 1;
  return all.flatMap(({ what, text }) => {
    const block = what === "summary" ? prose(text) : fence(text, isBesideCheck(what) ? LIVE : {});
    return titled(evidenceTitles[what], block);
  });
}

/** What a person is asked to decide about. It is an agent's: everything in it is quoted. */
function proposed(task: Task): (string | undefined)[] {
  const proposal = openProposal(task);
  if (!proposal) return [];
  if (proposal.plan) return proposedPlan(task);
  const { name, said, baseSha } = proposal;
  const lists = (["decisions", "interfaces", "followUps"] as const).flatMap((which) =>
    titled(
      proposalTitles[which],
      said[which].map((each) => `- ${plain(each, FINISH_LIMITS.entry)}`).join("\n") || undefined,
    ),
  );
  const heading = `**${proposalHeading(name, inMarkdown)}: ${plain(said.title, FINISH_LIMITS.title)}**`;
  return [heading, prose(said.summary), ...lists, madeOn(baseSha, inMarkdown)];
}

function titled(title: string, block: string | undefined): string[] {
  return block === undefined ? [] : [`**${title}**`, block];
}

function howToTalk({ spec }: Task): string {
  return [
    "<details><summary>How to talk to me</summary>",
    "",
    "In a comment here, at the beginning of a line:",
    "",
    "- `/orch` and a request in your own words starts a task",
    "- `/orch status` lists the tasks, `/orch cancel` stops them, `/orch retry` does the last one again, `/orch help` tells more",
    "",
    `On the worker host, \`orch attach ${spec.id}\` shows the agent at work.`,
    "",
    "</details>",
  ].join("\n");
}

function footer({ spec, epoch }: Task): string {
  return `<sub>Task \`${spec.id}\`${epoch > 1 ? `, run ${epoch}` : ""}</sub>`;
}

function icon(task: Task): string {
  const { state } = task;
  switch (state.name) {
    case "waiting":
    case "queued":
      return isTeamAtWork(task) ? "👥" : "⏳";
    case "running":
      return "⚙️";
    case "settled":
      if (state.outcome.kind !== "pull_request") return outcomeIcons[state.outcome.kind];
      if (task.pushed?.stopped) return "⌛";
      if (state.outcome.missing?.length) return "🟡";
      return hiddenBehind(task) ? "🟡" : outcomeIcons.pull_request;
  }
}

const isTeamAtWork = ({ state }: Task): boolean =>
  state.name === "waiting" && state.reasons.some((reason) => reason.for === "team");

function paragraphs(parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== "").join("\n\n");
}
