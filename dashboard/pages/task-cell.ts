/** A task as the first cell of a row: where it stands on GitHub, what it is called, what was asked. */

import type { Task } from "../../src/task/task.ts";
import { bare } from "../../src/text/quote.ts";
import { taskView } from "../../src/views/task-view.ts";
import { type Html, html } from "../html.ts";
import { taskLink } from "./links.ts";

export function taskCell(task: Task): Html {
  const view = taskView(task);
  const node = task.spec.node;
  const title = bare(task.spec.title, 100);
  return html`<th scope="row" class="task-cell"><div class="task-title">${taskLink(view)} <span class="title">${node ? html`node <code>${bare(node.id, 40)}</code>` : title}</span></div><div class="sub">${view.request === "" ? "no words" : view.request}</div></th>`;
}
