/** A section of a page: a heading, how many there are, what is in it, or what to do where there is nothing. */
import { type Html, type HtmlValue, html } from "../html.ts";

export type Panel = {
  /** Names the section, as `/events` and links do. */
  id: string;
  title: string;
  count?: number | undefined;
  /** Beside the heading. */
  aside?: HtmlValue;
  body: HtmlValue;
  /** `attention`: somebody has to do something. */
  tone?: "attention" | undefined;
};

export const panel = ({ id, title, count, aside, body, tone }: Panel): Html =>
  html`<section class="panel${tone && ` ${tone}`}" id="${id}" aria-labelledby="${id}-title">
<header class="panel-head"><h2 id="${id}-title">${title}${count !== undefined && html` <span class="count">${count}</span>`}</h2>${aside && html`<div class="panel-aside">${aside}</div>`}</header>
${body}
</section>`;

/** Where there is nothing: what that means, and what one can do next. */
export const nothing = (what: string, next?: HtmlValue): Html =>
  html`<div class="nothing"><p>${what}</p>${next && html`<p class="muted">${next}</p>`}</div>`;
