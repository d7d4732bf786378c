/** Where pages lead: to each other, and out to GitHub. An address that is not ours is a link only if a browser may follow it. */

import { numberSign } from "../../src/task/own-place.ts";
import type { TaskSpec } from "../../src/task/task-spec.ts";
import type { TaskView } from "../../src/views/task-view.ts";
import { type Html, type HtmlValue, html } from "../html.ts";

export const taskPath = (id: string): string => `/tasks/${encodeURIComponent(id)}`;
export const runPath = (id: string, run: number): string => `${taskPath(id)}/runs/${run}`;
export const changesPath = (id: string): string => `${taskPath(id)}/changes`;
export const debugPath = (id: string): string => `${taskPath(id)}/debug`;
export const planPath = (id: string): string => `/plans/${encodeURIComponent(id)}`;
export const conversationPath = ({ repository, conversation }: Pick<TaskSpec, "repository" | "conversation">): string =>
  `/conversations/${repository.id}/${conversation}`;
export const hostPath = (id: string): string => `/hosts/${encodeURIComponent(id)}`;

/** "acme/api#41", which leads to the task. `shown`: instead. */
export const taskLink = (task: Pick<TaskView, "id" | "repository" | "number">, shown?: HtmlValue): Html =>
  html`<a class="task-link" href="${taskPath(task.id)}">${shown ?? placeName(task)}</a>`;

export const placeName = ({ repository, number }: Pick<TaskView, "repository" | "number">): string =>
  `${repository}${numberSign(number)}`;

/** Plain words where the address is none that one may follow. */
export function outward(url: string, shown: HtmlValue): Html {
  if (!isWeb(url)) return html`${shown}`;
  return html`<a href="${url}" rel="noopener noreferrer">${shown}</a>`;
}

/** None where it was asked for under no issue. */
export const issueUrl = (
  webUrl: string,
  { repository, number }: Pick<TaskView, "repository" | "number">,
): string | undefined => (number === undefined ? undefined : `${webUrl}/${encodeURI(repository)}/issues/${number}`);

function isWeb(url: string): boolean {
  const { protocol } = URL.parse(url) ?? {};
  return protocol === "https:" || protocol === "http:";
}
