/** A pull request's title and text, as pure functions. */
import { shortId } from "../task/branch.ts";
import { FINISH_LIMITS } from "../task/finish.ts";
import { isOwnPlace } from "../task/own-place.ts";
import { isAboutAll, subjectOf } from "../task/subject.ts";
import { ownSummary } from "../task/summary.ts";
import { type Pushed, progressOf, type Task } from "../task/task.ts";
import { prose } from "../text/prose.ts";
import { fence, inMarkdown, plain, title } from "../text/quote.ts";
import { planView, type Team } from "../views/plan-view.ts";
import { usedBy } from "../views/spent.ts";
import { onlyWithHidden } from "../words/hidden-words.ts";
import { askedBy } from "../words/origin-words.ts";
import { wentElsewhere } from "../words/outcome-words.ts";
import { stoppedWork } from "../words/stopped-words.ts";
import {
  agentFact,
  asked,
  changesFact,
  networkFact,
  type Surroundings,
  sandboxWarning,
  usageFact,
  verificationFact,
} from "./facts.ts";
import { planTable } from "./plan-text.ts";
import { publishText, publishTitle } from "./publish-text.ts";
import { missingFrom } from "./team-text.ts";

/** Longer ones are cut off in lists. */
const MAX_TITLE = 100;

/**
 * The agent's own title for its work, else the request. `others`: tasks of the same issue or pull request; where one of
 * them has published work under the same title, the task's id tells the two apart.
 */
export function pullRequestTitle(task: Task, others: readonly Task[] = []): string {
  const own = ownTitle(task);
  const isTaken = others.some((other) => other.spec.id !== task.spec.id && other.pushed && ownTitle(other) === own);
  return publishTitle(isTaken ? `${own} (${shortId(task.spec.id)})` : own, `Orch task ${task.spec.id}`);
}

function ownTitle(task: Task): string {
  const progress = progressOf(task);
  const given = ownSummary(progress)?.title;
  const own = given === undefined ? "" : title(given, progress.finish ? FINISH_LIMITS.title : MAX_TITLE);
  return own === "" ? subjectOf(task.spec, MAX_TITLE) : own;
}

/** `draft`: whether it is one, which not every plan of GitHub offers. */
export type Around = Pick<Surroundings, "webUrl" | "team"> & { draft: boolean };

export function pullRequestBody(task: Task, pushed: Pushed, { webUrl, team, draft }: Around): string {
  const { spec } = task;
  const progress = progressOf(task);
  const list = [
    changesFact(pushed),
    verificationFact(task),
    agentFact(progress),
    networkFact(progress),
    usageFact(team ? usedBy([task, ...team.tasks]) : progress),
  ]
    .filter((fact) => fact !== undefined)
    .map((fact) => `- ${fact}`)
    .join("\n");
  const { hidden } = progress.verification ?? {};
  const parts = [
    pushed.stopped && `> [!WARNING]\n> ${stoppedWork(pushed.stopped, inMarkdown)}`,
    hidden && `> [!WARNING]\n> ${onlyWithHidden(hidden, inMarkdown)}`,
    ...missingFrom({ ...task, pushed }),
    askedBy(spec, webUrl, isOwnPlace(spec.number) ? undefined : spec.number),
    asked(spec),
    spec.target.kind === "issue" ? reference(task) : wentElsewhere(pushed, inMarkdown),
    ...(team ? madeBy(task, team) : said(task)),
    `### Evidence\n\n${list}`,
    sandboxWarning(progress),
    `${draft ? DRAFT : NO_DRAFT} <sub>Task \`${spec.id}\`</sub>`,
  ];
  return publishText(parts.filter((part) => part !== undefined).join("\n\n"));
}

const DRAFT = "This is a draft: review it, and mark it as ready when you are satisfied.";
const NO_DRAFT = "No person has reviewed this yet: do so before you merge it.";

/** The one closing keyword is ours and deliberate; in what is quoted none is acted upon (inert.ts). */
const reference = ({ spec }: Task): string | undefined =>
  isOwnPlace(spec.number) ? undefined : `${isAboutAll(spec) ? "Fixes" : "Refs"} #${spec.number}`;

/** Of a team it says who did what: its own agent has done none of it. */
function madeBy(task: Task, team: Team): string[] {
  const view = planView(team, task);
  const goal = `### What the team was to do\n\n${plain(view.goal, 1_500)}`;
  return [goal, "### Who did what", planTable(view)];
}

function said(task: Task): string[] {
  const progress = progressOf(task);
  const summary = ownSummary(progress);
  if (summary === undefined) {
    const lines = fence(progress.lastLines ?? "");
    return lines === undefined ? [] : ["### End of the agent's output", lines];
  }
  const text = prose(summary.text);
  return text === undefined ? [] : ["### Summary by the agent", text];
}
