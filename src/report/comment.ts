/**
 * The progress comment: one per task, edited in place, at the end its receipt. Pure Markdown from the task. Every text
 * in it that is not ours has passed through `quote.ts`.
 */
import { type Outcome, PHASES, progressOf, type Task } from "../task/task.ts";
import { fence } from "../text/quote.ts";
import { asked, facts, type Surroundings, sandboxWarning } from "./facts.ts";
import { nextStep } from "./next-step.ts";
import { askedBy } from "./origin-words.ts";
import { explanation, headline, phaseWords } from "./task-words.ts";

/** How much of what the agent says is shown while it works. */
const LIVE = { lines: 12, chars: 1_500 };

export function renderComment(task: Task, around: Surroundings): string {
  return paragraphs([...story(task, around), howToTalk(task), footer(task)]);
}

/** The same story for a check run; of a task that is not over only what changes with its state. */
export function renderSummary(task: Task, around: Surroundings): string {
  if (task.state.name === "settled") return paragraphs(story(task, around));
  const warning = sandboxWarning(progressOf(task));
  return paragraphs([request(task, around.webUrl), checklist(task), next(task, around), warning]);
}

function story(task: Task, around: Surroundings): (string | undefined)[] {
  const { state } = task;
  const progress = progressOf(task);
  const opening = [`### ${icon(task)} ${headline(task)}`, request(task, around.webUrl)];
  const list = facts(task, around)
    .map((fact) => `- ${fact}`)
    .join("\n");
  const closing = [next(task, around), sandboxWarning(progress)];
  switch (state.name) {
    case "waiting":
    case "queued":
      return [...opening, list, ...closing];
    case "running":
      return [...opening, checklist(task), list, ...titled("The agent says", progress.lastLines, LIVE), ...closing];
    case "settled":
      return [...opening, explanation(task, state.outcome), list, ...evidence(task, state.outcome), ...closing];
  }
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

function next(task: Task, around: Surroundings): string {
  const alive = around.hosts.filter((host) => host.alive && !host.draining);
  const slots = alive.reduce((sum, host) => sum + host.slots, 0);
  return `**Next:** ${nextStep(task, { alive: alive.length, slots })}`;
}

/** What the end rests on: the verify command's output, the agent's last words. */
function evidence(task: Task, outcome: Outcome): (string | undefined)[] {
  switch (outcome.kind) {
    case "no_changes":
      return titled("The agent's last words", outcome.lastWords);
    case "agent_failed":
    case "timed_out":
    case "out_of_budget":
      return titled("Last lines", outcome.lastLines);
    case "verify_failed":
      return [
        ...titled("Output of the verify command", outcome.verification.outputTail),
        ...titled("The agent's last words", outcome.lastWords, LIVE),
      ];
    case "pull_request":
    case "cancelled":
    case "refused":
    case "host_error":
      return titled("The agent's last words", progressOf(task).lastLines);
  }
}

function titled(title: string, text = "", limits = {}): string[] {
  const block = fence(text, limits);
  return block ? [`**${title}**`, block] : [];
}

function howToTalk({ spec }: Task): string {
  return [
    "<details><summary>How to talk to me</summary>",
    "",
    "In a comment here, at the beginning of a line:",
    "",
    "- `/orch` and a request in your own words starts a task",
    "- `/orch status` lists the tasks, `/orch cancel` stops them, `/orch help` tells more",
    "",
    `On the worker host, \`orch attach ${spec.id}\` shows the agent at work.`,
    "",
    "</details>",
  ].join("\n");
}

function footer({ spec, epoch }: Task): string {
  return `<sub>Task \`${spec.id}\`${epoch > 1 ? `, run ${epoch}` : ""}</sub>`;
}

function icon({ state }: Task): string {
  switch (state.name) {
    case "waiting":
    case "queued":
      return "⏳";
    case "running":
      return "⚙️";
    case "settled":
      return outcomeIcons[state.outcome.kind];
  }
}

const outcomeIcons: Record<Outcome["kind"], string> = {
  pull_request: "✅",
  no_changes: "➖",
  agent_failed: "❌",
  verify_failed: "❌",
  timed_out: "⌛",
  out_of_budget: "🪙",
  cancelled: "🚫",
  refused: "⛔",
  host_error: "⚠️",
};

function paragraphs(parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== "").join("\n\n");
}
