/** A list that is kept up to date: a panel with a table, whose rows the page's script replaces one by one. */
import { type Html, type HtmlValue, html } from "../html.ts";
import type { SeenRegion } from "../rows/drawing.ts";
import { nothing } from "./panel.ts";

export type LiveList = {
  title: string;
  /** The heads of its columns; those without a word are named for whoever does not see the page. */
  columns: readonly (string | { unseen: string })[];
  seen: SeenRegion;
  /** What it means that there is nothing, and what one can do. */
  empty: { what: string; next?: HtmlValue };
  /** Where all of it stands, should it be more than is shown. */
  all?: string;
  aside?: HtmlValue;
  tone?: "attention";
};

export function liveList({ title, columns, seen, empty, all, aside, tone }: LiveList): Html {
  const { id, rows, total } = seen;
  const isEmpty = total === 0;
  const more = total - rows.length;
  return html`<section class="panel${tone && ` ${tone}`}" id="${id}-panel" aria-labelledby="${id}-title">
<header class="panel-head"><h2 id="${id}-title">${title} <span class="count" data-total="${id}">${total}</span></h2>${aside && html`<div class="panel-aside">${aside}</div>`}</header>
<div class="scroll" data-some="${id}"${isEmpty && html` hidden`}><table class="list ${id}-list"><thead><tr>${columns.map((column) => html`<th scope="col">${typeof column === "string" ? column : html`<span class="unseen">${column.unseen}</span>`}</th>`)}</tr></thead>
<tbody id="${id}">${rows.map((each) => each.html)}</tbody></table></div>
<div data-none="${id}"${!isEmpty && html` hidden`}>${nothing(empty.what, empty.next)}</div>
${all !== undefined && html`<p class="more" data-more="${id}"${more === 0 && html` hidden`}><a href="${all}">and <span>${more}</span> more</a></p>`}
</section>`;
}
