/** What can be done about a task, as buttons; each only where it would come to something. */

import type { Proposal } from "../../src/task/proposal.ts";
import { isForPerson, isOpen, type Question } from "../../src/task/question.ts";
import type { Task } from "../../src/task/task.ts";
import { bare } from "../../src/text/quote.ts";
import { isStopping, taskView } from "../../src/views/task-view.ts";
import { type Html, html } from "../html.ts";
import { deedForm } from "./deed-form.ts";
import { placeName, taskPath } from "./links.ts";

/** Of rows that many viewers share it is empty: the page's script puts its own in. */
export type Formed = { formToken: string };

const MAX_AGENTS = 50;
const MAX_OPTIONS = 9;
const MAX_BUTTON = 60;

const nameOf = (task: Task): string => placeName(taskView(task));

const mayCancel = (task: Task): boolean =>
  task.state.name !== "settled" && task.cancel === undefined && task.pushed === undefined;

export const cancelForm = (page: Formed, task: Task): Html | undefined =>
  mayCancel(task)
    ? deedForm(page, {
        to: `${taskPath(task.spec.id)}/cancel`,
        word: "Cancel",
        label: `Cancel ${nameOf(task)}`,
        look: "danger",
        confirm: `Stop ${nameOf(task)}? Nothing of it will be published; what its agent has made is kept on its host.`,
      })
    : undefined;

export const mayRetry = ({ state, spec }: Task): boolean =>
  state.name === "settled" && !spec.node && state.outcome.kind !== "pull_request";

export const retryForm = (page: Formed, task: Task, look?: "main"): Html | undefined =>
  mayRetry(task)
    ? deedForm(page, {
        to: `${taskPath(task.spec.id)}/retry`,
        word: "Retry",
        label: `Retry ${nameOf(task)}`,
        ...(look && { look }),
      })
    : undefined;

/** The same with another agent or model. `agents`: those that living hosts offer. */
export const retryWithForm = (page: Formed, task: Task, agents: readonly string[]): Html | undefined =>
  mayRetry(task)
    ? html`<details class="retry-with"><summary>Retry with another agent or model</summary>${deedForm(page, {
        to: `${taskPath(task.spec.id)}/retry`,
        word: "Retry with these",
        fields: html`<label>Agent <select name="agent"><option value="">as before</option>${agents.slice(0, MAX_AGENTS).map((name) => html`<option>${bare(name, 80)}</option>`)}</select></label>
<label>Model <input name="model" maxlength="80" autocomplete="off" placeholder="as before"></label>`,
      })}</details>`
    : undefined;

/** Something more for the agent, while it works. */
export const tellForm = (page: Formed, task: Task): Html | undefined =>
  task.state.name === "running" && !task.pushed && !isStopping(task) && !task.spec.node
    ? deedForm(page, {
        to: `${taskPath(task.spec.id)}/tell`,
        word: "Tell",
        fields: html`<label class="unseen" for="tell">Tell the agent</label><textarea id="tell" name="text" rows="2" required maxlength="4000" placeholder="Tell the agent something while it works"></textarea>`,
      })
    : undefined;

/** Its options as buttons, each of which answers by its number, and a field for any other answer. Empty where a person is not asked. */
export function answerForm(page: Formed, task: Task, question: Question): Html | undefined {
  if (!isOpen(question) || !isForPerson(question)) return undefined;
  const to = `${taskPath(task.spec.id)}/answer`;
  const hidden = { question: question.id };
  const options = (question.options ?? []).slice(0, MAX_OPTIONS);
  const field = `answer-${question.id}`;
  return html`<div class="answer">
${options.length > 0 && html`<div class="options">${options.map((option, nth) => deedForm(page, { to, word: bare(option, MAX_BUTTON), hidden: { ...hidden, text: `${nth + 1}` } }))}</div>`}
${deedForm(page, {
  to,
  word: "Answer",
  look: "main",
  hidden,
  fields: html`<label class="unseen" for="${field}">Answer to question ${question.id}</label><input id="${field}" name="text" required maxlength="4000" autocomplete="off" placeholder="${options.length > 0 ? "or another answer" : "Your answer"}">`,
})}
</div>`;
}

export const approveForm = (page: Formed, task: Task, name: string): Html =>
  deedForm(page, {
    to: `${taskPath(task.spec.id)}/approve`,
    word: "Approve",
    label: `Approve the proposal of ${nameOf(task)}`,
    look: "main",
    hidden: { proposal: name },
  });

/** What goes beyond what was approved is given back to the manager. */
export const declineForm = (page: Formed, task: Task, name: string): Html =>
  deedForm(page, {
    to: `${taskPath(task.spec.id)}/plan`,
    word: "Give it back to the manager",
    hidden: { proposal: name },
    fields: html`<label class="unseen" for="instead">What should be different</label><textarea id="instead" name="text" rows="2" required maxlength="4000" placeholder="No, or what should be different"></textarea>`,
  });

/** Another proposal is asked for. */
export const changeForm = (page: Formed, task: Task, { name, plan }: Proposal): Html =>
  deedForm(page, {
    to: `${taskPath(task.spec.id)}/plan`,
    word: plan ? "Ask for another plan" : "Ask for another proposal",
    hidden: { proposal: name },
    fields: html`<label class="unseen" for="change">What should be different</label><textarea id="change" name="text" rows="2" required maxlength="4000" placeholder="What should be different"></textarea>`,
  });
