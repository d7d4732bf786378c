/** What is said to somebody about the deed that they have just done, on the page that they are led to. */
import { sourceOfDashboard } from "../../src/events/on-dashboard.ts";
import { requestNameOf, taskIdIn } from "../../src/intake/request.ts";
import type { Task } from "../../src/task/task.ts";
import { bare } from "../../src/text/quote.ts";
import type { DashboardDeps } from "../deps.ts";
import { type Html, html } from "../html.ts";
import { taskPath } from "../pages/links.ts";
import type { Visit } from "../visit.ts";
import { deedKey, LINE } from "./form-key.ts";

/** More than the longest reply, in characters. */
const MAX_SAID = 4_000;

/** Undefined where nothing was done. Only whoever did it is told. */
export async function whatWasSaid(
  { callers, store }: Pick<DashboardDeps, "callers" | "store">,
  { viewer, query }: Visit,
  { spec }: Task,
): Promise<Html | undefined> {
  const formKey = query.get("said");
  if (formKey === null || !/^[\w-]{16,64}$/.test(formKey)) return undefined;
  const source = sourceOfDashboard(deedKey(viewer, spec.id, formKey));
  const reply = await callers.read(requestNameOf(spec.repository.id, source));
  if (!reply) return html`<p class="said" role="status">Asked for. It is carried out in a moment.</p>`;
  if (reply.say === undefined) {
    const asked = await store.read(taskIdIn({ repository: spec.repository, source }, LINE));
    const next = asked
      ? html` A new task does it: <a class="mono" href="${taskPath(asked.spec.id)}">${asked.spec.id}</a>.`
      : "";
    return html`<div class="said" role="status"><p>Done.${next}</p></div>`;
  }
  const said = reply.say;
  return html`<div class="said${!reply.done && " bad"}" role="status">${paragraphs(said.slice(0, MAX_SAID))}</div>`;
}

/** It is Markdown, of which no more than code and paragraphs is shown as such. */
const paragraphs = (markdown: string): Html[] =>
  markdown
    .split(/\n{2,}/)
    .map(
      (each) =>
        html`<p>${each.split("`").map((part, nth) => (nth % 2 === 1 ? html`<code>${bare(part, 500)}</code>` : part))}</p>`,
    );
