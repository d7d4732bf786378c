/** What was asked for, in full words: what is to come of it, the request, what stood below it, and the way to the plan that has come of it. */
import { openProposal } from "../../src/task/proposal.ts";
import type { Task } from "../../src/task/task.ts";
import { taskView } from "../../src/views/task-view.ts";
import { requestWords } from "../../src/words/request-words.ts";
import { type Html, html } from "../html.ts";
import { planPath } from "./links.ts";
import { inPages, sentence } from "./sentence.ts";
import { lines, said } from "./words.ts";

export const REQUEST = "task-request";

/** `isWhole`: for whoever may see prompts; others see as much of it as GitHub's lists of tasks show. */
export function requestBlock(task: Task, hasPlan: boolean, isWhole: boolean): Html {
  const { spec } = task;
  const words = requestWords(spec, inPages);
  const kind = words !== undefined && html`<p>${sentence(words)} ${wayToPlan(task, hasPlan)}</p>`;
  if (!isWhole) return html`<div class="request" id="${REQUEST}">${kind}<p>${taskView(task).request}</p></div>`;
  return html`<div class="request" id="${REQUEST}">${kind}${spec.instruction !== "" && said(spec.instruction)}
${spec.details !== undefined && html`<details><summary>What stood below it</summary><pre class="text" tabindex="0">${lines(spec.details)}</pre></details>`}</div>`;
}

function wayToPlan(task: Task, hasPlan: boolean): Html | undefined {
  const { id, node } = task.spec;
  if (node) return html`<a href="${planPath(node.plan)}">The plan</a>`;
  if (hasPlan) return html`<a href="${planPath(id)}">The plan</a>`;
  return openProposal(task) && html`<a href="#proposal">The proposal</a>`;
}
